"""`seal`: the command and its options."""

import argparse
import os
from contextlib import suppress
from typing import Any

from export.format.errors import Verdict, malformed

# For the last copies when the program is stopped; what is not copied then is copied by the next start.
SETTLE_SECONDS = 3.0
_EPILOG = """exit codes:
  0 VERIFIED   sealed, or stopped by SIGTERM or SIGINT
  1 TAMPERED   the tables' heads or days, or two readings, differ; or "nothing was found, but a person is needed": the database is
               unavailable, the disk is full
  2 MALFORMED  wrong usage or settings; an empty folder for a sealed database
  4 UNTRUSTED  the folder's checkpoint is not by our key
  5 REWRITTEN  the tables have other or fewer seals, or lack entries, that we signed; the database went back

settings: DATABASE_URL, AUDIT_SEAL_DIR, AUDIT_SEAL_KEY, AUDIT_SEAL_EVERY (60; 0.05 to 86400 seconds),
AUDIT_SEAL_METRICS_BIND, AUDIT_LOG_FORMAT;
each checkpoint is copied to AUDIT_SEAL_COPY_TOPIC (with KAFKA_BOOTSTRAP_SERVERS, KAFKA_CONFIG_…), AUDIT_SEAL_COPY_DIR,
AUDIT_SEAL_COPY_COMMAND; AUDIT_CHECK_METRICS_FILE (optional: the metrics of `check`)
"""


def add_parser(commands: Any) -> None:
    """Adds the command to a program's; `commands` is what argparse's add_subparsers gives."""
    parser = commands.add_parser(
        "seal",
        help="seal what was recorded, until stopped",
        description="Seals what was recorded every AUDIT_SEAL_EVERY seconds, signs it, and publishes it in AUDIT_SEAL_DIR. While "
        "a consumer drains a backlog, a seal waits for it, for at most ten minutes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--once", action="store_true", help="make one seal at once, and end")
    parser.add_argument(
        "--adopt", action="store_true", help="with an empty folder, continue what our key signed in the database"
    )
    parser.add_argument(
        "--accept-restore",
        metavar="REASON",
        help="the database was restored from a backup: go on, and say in the log for ever that seals were lost",
    )
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    # What only the operator's commands need is not installed where an auditor verifies.
    from export.seal.destinations import copies_of  # noqa: PLC0415
    from export.seal.metrics import Metrics  # noqa: PLC0415
    from export.seal.run import Sealer, log  # noqa: PLC0415
    from export.seal.start import Options  # noqa: PLC0415
    from export.seal.stop import Stopped, StopSignals  # noqa: PLC0415
    from export.settings import load_seal  # noqa: PLC0415
    from runtime.logging import configure  # noqa: PLC0415

    reason = arguments.accept_restore
    if reason is not None and not reason.strip():
        raise malformed("--accept-restore needs a reason")
    settings = load_seal(os.environ)
    configure(settings.log_format)
    options = Options(adopt=arguments.adopt, accept_restore=reason is not None)
    copies = copies_of(settings, os.environ)
    stop, metrics = StopSignals(), Metrics(copies, settings.check_metrics_file, settings.every)
    sealer = Sealer(settings, stop, metrics, copies)
    try:
        stop.install()
        if arguments.once:
            sealed = sealer.once(options)
            if reason is not None:
                log.warning("restore_accepted", reason=reason, restored=sealed.record.restored)
            return (
                f"{Verdict.VERIFIED.word} - sealed {sealed.entries} entries of {sealed.workspaces} workspaces "
                f"in seal {sealed.record.seal}\n"
            )
        if settings.metrics_bind is not None:
            try:
                metrics.serve(settings.metrics_bind)
            except OSError as error:
                raise malformed(f"AUDIT_SEAL_METRICS_BIND: cannot listen there: {error.strerror}") from None
        if reason is not None:
            log.warning("restore_accepted", reason=reason)
        sealer.forever(options)
    except Stopped:
        with suppress(Stopped):  # asked for once more
            copies.settle(SETTLE_SECONDS)
    return f"{Verdict.VERIFIED.word} - stopped\n"
