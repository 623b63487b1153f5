"""`cells set|check`: which cell a database is, and whether all of them together have each record exactly once (SPEC 8)."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from catalog.cells import Cell, coverage_faults, parse_cell
from consumer.commands.cells_view import data, view
from consumer.commands.cli_common import Format, FormatOption, ReasonOption, end, operator, settings
from consumer.operator import cells
from consumer.operator.cells import CellDatabase, CellState, PartitionKey, PartitionVerdict
from consumer.operator.session import SessionError, session
from runtime import terminal
from runtime.postgres import malformed

app = typer.Typer(no_args_is_help=True, help="Several databases, each with a share of the workspaces.")

READ_AGAIN_SECONDS = 0.2
MAX_WAIT = 86_400


@app.command("set")
def set_(
    cell: Annotated[str, typer.Argument(metavar="I/N", help="Cell I of N, counted from 1.")], reason: ReasonOption
) -> None:
    """Makes the database of DATABASE_URL a cell: from now on it records its own workspaces only.

    A database that has read anything can only become a part of what it is: 1/2 can become 1/4 or 2/4. Consumers that run
    as another cell end. The steps of a split are in the runbook.

    ```
    audit-consumer cells set 2/2 --reason "split, see INC-512"
    ```
    """
    parsed = _parse(cell)
    with operator(settings(kafka=False)) as connection:
        before, partitions = cells.set_cell(connection, parsed, reason)
    typer.echo(
        f"this database was cell {before} and is cell {cell} now, from the present offsets of its {partitions} partitions"
    )


@app.command()
def check(
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="The database of each cell.")],
    wait: Annotated[
        int,
        typer.Option(
            metavar="SECONDS", min=0, max=MAX_WAIT, help="How long to wait until all have reached the same offset."
        ),
    ] = 30,
    form: FormatOption = Format.TABLE,
) -> None:
    """Checks all cells together: each key belongs to exactly one, and each offset was taken by exactly one.

    A partition is compared at a moment at which all databases have reached the same offset; while records arrive, this may
    take a few readings. A standby of each will do. Passwords belong in a password file (~/.pgpass) or a service file.

    ```
    audit-consumer cells check service=cell-1 service=cell-2
    audit-consumer cells check service=cell-1 service=cell-2 --format json
    ```

    Exit code: 0 each key and each offset has exactly one cell; 1 otherwise, or if the check is not possible.
    """
    for number, url in enumerate(urls, start=1):
        if fault := malformed(url):
            end(f"cells check: argument {number} {fault}", 2)
    databases, verdicts = _compare(urls, wait)
    faults = coverage_faults([database.cell for database in databases])
    exact = not faults and all(verdict.state in {CellState.EXACT, CellState.REREAD} for verdict in verdicts.values())
    if form is Format.JSON:
        typer.echo(terminal.as_json({"exact": exact, **data(databases, verdicts, faults)}))
    else:
        terminal.console().print(view(databases, verdicts, faults))
    raise typer.Exit(0 if exact else 1)


def _compare(urls: Sequence[str], wait: int) -> tuple[list[CellDatabase], dict[PartitionKey, PartitionVerdict]]:
    """What the databases say; of each partition the first verdict of an instant at which all were at the same offset."""
    ends = time.monotonic() + wait
    settled: dict[PartitionKey, PartitionVerdict] = {}
    while True:
        databases = [_read(number, url) for number, url in enumerate(urls, start=1)]
        comparison = cells.compare(databases)
        settled.update(
            {
                key: verdict
                for key, verdict in comparison.items()
                if key not in settled and verdict.state is not CellState.UNEVEN
            }
        )
        if comparison.keys() <= settled.keys() or time.monotonic() >= ends:
            return databases, {**comparison, **settled}
        time.sleep(READ_AGAIN_SECONDS)


def _read(number: int, url: str) -> CellDatabase:
    try:
        with session(url, read_only=True) as connection:
            return cells.read_database(connection)
    except SessionError as error:
        end(f"database {number}: {error}", 1)


def _parse(text: str) -> Cell:
    try:
        return parse_cell(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
