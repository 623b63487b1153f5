"""`create FOLDER`: the command and its options."""

import argparse
import os
import signal
from pathlib import Path
from typing import Any

from export.format.manifest import Scope

_EPILOG = """exit codes:
  0 VERIFIED    the package is there, verified and recorded in audit_export
  1 TAMPERED    rows or sealing tables are not what was signed; or "nothing was found, but a person is
                needed": the database is unavailable
  2 MALFORMED   wrong usage or settings; FOLDER is there; the workspace is another cell's than the database
  3 INCOMPLETE  nothing is sealed; the days are not closed; the accounts do not balance
  4 UNTRUSTED   the newest checkpoint is not by a key of the policy
  5 REWRITTEN   audit_seal is not the log that was signed, or is behind or beside a --known or AUDIT_SEAL_DIR

settings: DATABASE_URL, AUDIT_EXPORT_KEY, AUDIT_SEAL_DIR (optional: is compared with)
"""


def add_parser(commands: Any) -> None:
    """Adds the subcommand `create`; `commands` is what argparse's add_subparsers gave."""
    parser = commands.add_parser(
        "create",
        help="make a package for a receiver",
        description="Packs all entries of a workspace on whole UTC days with what proves it, and verifies the package.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="FOLDER", help="where to; must not exist")
    parser.add_argument("--workspace", required=True, metavar="W", help="the workspace")
    parser.add_argument("--from", dest="from_day", required=True, metavar="DAY", help="the first day, YYYY-MM-DD")
    parser.add_argument("--to", dest="to_day", required=True, metavar="DAY", help="the day after the last")
    parser.add_argument("--policy", required=True, metavar="FILE", help="the receiver's policy")
    parser.add_argument("--requested-by", required=True, metavar="WHO", help="who asked for it")
    parser.add_argument("--reason", required=True, metavar="WHY", help="why it is made")
    parser.add_argument(
        "--known",
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint that the receiver holds; repeatable",
    )
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    # What only the operator's commands need is not installed where an auditor verifies.
    from export.create.request import read_request  # noqa: PLC0415
    from export.create.run import create  # noqa: PLC0415
    from export.settings import CreateSettings, folder_checkpoint, load  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as by SIGINT: what was begun is taken away
    settings = load(CreateSettings, os.environ)
    scope = Scope(workspace_id=arguments.workspace, from_day=arguments.from_day, to_day=arguments.to_day)
    who_and_why = (arguments.requested_by, arguments.reason)
    request = read_request(arguments.folder, scope, arguments.policy, who_and_why, arguments.known, settings)
    report = create(request, settings, folder_checkpoint(settings.folder))
    return f"{report.text()}  {'package':<12} {Path(arguments.folder)}\n"
