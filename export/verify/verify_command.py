"""`verify FOLDER`: the command and its options."""

import argparse
import json
from typing import Any

from export.format.manifest import Scope
from export.verify.verifier import VerifyRequest, verify

_EPILOG = """exit codes:
  0 VERIFIED     all checks ran and hold
  1 TAMPERED     the bytes are not what was sealed
  2 MALFORMED    no package, bad syntax, wrong usage
  3 INCOMPLETE   nothing can be concluded
  4 UNTRUSTED    a signature of a key of the policy is missing or bad
  5 REWRITTEN    the package does not continue what you hold
  6 WRONG SCOPE  not the workspace and days asked for

example:
  %(prog)s export-org_acme --workspace org_acme --from 2026-01-01 --to 2026-04-01 --policy auditor.policy
"""


def add_parser(commands: Any) -> None:
    """Adds the command to a program's; `commands` is what argparse's add_subparsers gives."""
    parser = commands.add_parser(
        "verify",
        help="verify a package, offline",
        description="Verifies a package, offline: that it is all of what was sealed of a workspace on whole UTC days.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="FOLDER", help="the package")
    parser.add_argument("--workspace", required=True, metavar="W", help="the workspace that you asked for")
    parser.add_argument("--from", dest="from_day", required=True, metavar="DAY", help="the first day, YYYY-MM-DD")
    parser.add_argument("--to", dest="to_day", required=True, metavar="DAY", help="the day after the last")
    parser.add_argument(
        "--policy", required=True, metavar="FILE", help="whose signatures you accept; not from the package"
    )
    parser.add_argument(
        "--known", action="append", default=[], metavar="CHECKPOINT", help="a checkpoint that you hold; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    scope = Scope(workspace_id=arguments.workspace, from_day=arguments.from_day, to_day=arguments.to_day)
    report = verify(VerifyRequest(folder=arguments.folder, scope=scope, policy=arguments.policy, known=arguments.known))
    return json.dumps(report.facts()) + "\n" if arguments.json else report.text()
