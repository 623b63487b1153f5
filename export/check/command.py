"""`check`: the command and its options."""

import argparse
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from export.check import metrics_file
from export.format.errors import ExportError, NothingSealed, PersonNeeded, Verdict, malformed
from export.format.policy import parse_policy
from export.format.record import wrong_clock
from export.verify.package import read_small
from export.verify.report import NO_WITNESS

_EPILOG = """exit codes:
  0 VERIFIED    everything is as it was signed
  1 TAMPERED    rows or sealing tables are not what was signed; or "nothing was found, but a person is
                needed": the database is unavailable
  2 MALFORMED   wrong usage or settings
  3 INCOMPLETE  nothing is sealed; the accounts do not balance
  4 UNTRUSTED   the newest checkpoint is not by a key of the policy
  5 REWRITTEN   audit_seal is not the log that was signed, or is behind or beside AUDIT_SEAL_DIR

settings: DATABASE_URL, AUDIT_SEAL_DIR (optional: is compared with), AUDIT_CHECK_METRICS_FILE (optional: for the textfile
collector of Prometheus' node exporter)
"""


def add_parser(commands: Any) -> None:
    """Adds the command to a program's; `commands` is what argparse's add_subparsers gives."""
    parser = commands.add_parser(
        "check",
        help="compare every entry with what was sealed and signed",
        description="Compares every entry of every workspace with what was sealed, and that with what was signed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--policy", required=True, metavar="FILE", help="whose signatures you accept")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    # What only the operator's commands need is not installed where an auditor verifies.
    from export.check.everything import check_everything  # noqa: PLC0415
    from export.settings import folder_checkpoint, load_check  # noqa: PLC0415
    from export.tables.database import reading  # noqa: PLC0415

    settings = load_check(os.environ)
    policy = parse_policy(read_small(arguments.policy, "the policy"), "the policy")
    note = folder_checkpoint(settings.folder)
    began = time.monotonic()
    try:
        with reading(settings.database_url.get_secret_value(), "audit_sealer", "audit-export check") as connection:
            checked = check_everything(connection, policy, note)
    except ExportError as error:
        if _is_finding(error, settings.metrics_file):
            with suppress(OSError):  # what was found counts more
                _leave(settings.metrics_file, error.verdict, began)
        raise
    try:
        _leave(settings.metrics_file, Verdict.VERIFIED, began)
    except OSError as error:
        raise malformed(f"AUDIT_CHECK_METRICS_FILE cannot be written: {error.strerror}") from None
    newest = checked.log.newest
    folder = "with the checkpoint of AUDIT_SEAL_DIR" if checked.in_folder else "with NOTHING: AUDIT_SEAL_DIR is not set"
    odd = wrong_clock(newest)
    return (
        f"{Verdict.VERIFIED.word} - {checked.entries} entries of {checked.workspaces} workspaces are as they were signed\n"
        f"  {'log':<12} {checked.log.checkpoint.origin}, {checked.log.checkpoint.size} seals, sealed at {newest.time}\n"
        f"  {'compared':<12} {folder}\n"
        f"  {'witnesses':<12} {', '.join(checked.witnesses) or NO_WITNESS}\n"
        + (f"  {'exception':<12} {odd}\n" if odd else "")
    )


def _is_finding(error: ExportError, path: Path | None) -> bool:
    """Whether the metrics file should have this result. If not, it keeps the last result, which AuditCheckMissing notices when it is old.

    An unavailable database shares an exit code with a changed entry. A log without a seal is new, unless it was checked before.
    """
    if isinstance(error, NothingSealed):
        return path is not None and path.exists()
    return not isinstance(error, PersonNeeded)


def _leave(path: Path | None, verdict: Verdict, began: float) -> None:
    """Writes to the metrics file how the check ended. Raises OSError."""
    if path is not None:
        metrics_file.write(path, time=time.time(), exit_code=verdict.value, seconds=time.monotonic() - began)
