"""The version of the installed programs. pyproject.toml states it; all other code reads it here."""

from importlib.metadata import version
from typing import Annotated, TypeAlias

import typer

DISTRIBUTION = "callmine-audit"
# `-h` as well as `--help`, for a program and all its commands: click passes the names on to subcommands.
HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def installed() -> str:
    """The version, such as `0.1.0`; importlib.metadata.PackageNotFoundError where nothing is installed."""
    return version(DISTRIBUTION)


def _print(ctx: typer.Context, asked: bool) -> None:
    """Prints the program's name and version and exits 0, if that was asked for."""
    if asked:
        typer.echo(f"{ctx.find_root().info_name} {installed()}")
        raise typer.Exit


VersionOption: TypeAlias = Annotated[
    bool, typer.Option("--version", callback=_print, is_eager=True, help="Print the version and exit.")
]
