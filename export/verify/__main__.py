"""The verifier by itself: `python -m export.verify`, and the single file that `make verifier` builds."""

import sys

from export.verify import inspect_command, verify_command
from export.verify.program import Parser, run, version


def main() -> None:
    """The entry point."""
    parser = Parser(description="Verifies an export of the workspace audit log, offline.")
    parser.add_argument("--version", action="version", version=f"audit-verifier {version()}, format 1")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (verify_command, inspect_command):
        command.add_parser(commands)
    sys.exit(run(parser, sys.argv[1:]))


if __name__ == "__main__":
    main()
