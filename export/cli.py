"""audit-export: the commands (verified_export.md, section 10)."""

import sys

from export import keygen, rotate
from export.check import command as check_command
from export.completion import SHELLS, ShowCompletion
from export.create import command as create_command
from export.seal import command as seal_command
from export.verify import inspect_command, verify_command
from export.verify.program import Parser, run, version

COMMANDS = (keygen, seal_command, create_command, check_command, verify_command, inspect_command, rotate)


def build_parser() -> Parser:
    """The program's options; each command adds its own."""
    parser = Parser(
        prog="audit-export",
        description="The verified export of the workspace audit log: evidence that its receiver can check alone.",
        epilog="The first word printed is the verdict: on standard output for exit code 0, else on standard error.",
    )
    parser.add_argument("--version", action="version", version=f"audit-export {version()}, format 1")
    parser.add_argument(
        "--show-completion",
        action=ShowCompletion,
        choices=SHELLS,
        metavar="SHELL",
        help="print what makes bash, fish or zsh complete commands and options, and exit",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


def main() -> None:
    """The entry point."""
    sys.exit(run(build_parser(), sys.argv[1:]))
