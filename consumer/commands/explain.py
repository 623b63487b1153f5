"""`explain`: what would become of an event, for those who write services. It needs no setting, broker or database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from consumer.commands.cli_common import Format, FormatOption, end
from consumer.commands.outcome_view import outcome_data, outcome_view
from consumer.event.model import Parked
from consumer.operator.explain import Explained, Unusable
from consumer.operator.explain import explain as explain_example
from runtime import terminal


def explain(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A JSON file as in schemas/examples; - is standard input.")
    ],
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows what would become of a record: the entry, or why there is none.

    The file is {"key": …, "headers": {…}, "data": {…}}, as in schemas/examples. It is encoded with the newest schema of
    its ce_type and goes through what the consumer runs; nothing is sent or stored, and no setting is needed.

    ```
    audit-consumer explain schemas/examples/schedule.edited.v1/plain.json
    audit-consumer explain --format json my-event.json
    jq '.key = "org_other"' my-event.json | audit-consumer explain -
    ```

    Exit code: 0 it would be recorded or ignored, 1 it would be parked, 2 no service could send this.
    """
    try:
        explained = explain_example(_read(file))
    except Unusable as unusable:
        if form is Format.JSON:
            typer.echo(terminal.as_json({"outcome": "unusable", "problems": unusable.problems}))
        else:
            listed = "".join(f"\n  {terminal.escaped(problem)}" for problem in unusable.problems)
            typer.echo(f"audit-consumer explain: {file} is not a record that a service could send:{listed}", err=True)
        raise typer.Exit(2) from None
    if form is Format.JSON:
        typer.echo(terminal.as_json(outcome_data(explained.outcome)))
    else:
        _print(explained)
    raise typer.Exit(1 if isinstance(explained.outcome, Parked) else 0)


def _read(file: str) -> str:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return content.decode()
    except OSError as error:
        end(f"{file} cannot be read: {error.strerror}", 2)
    except UnicodeDecodeError:
        end(f"{file} is not UTF-8", 2)


def _print(explained: Explained) -> None:
    record, console = explained.record, terminal.console()
    size = None if record.value is None else f"{len(record.value):,} bytes"
    key = None if record.key is None else record.key.decode()
    console.print(
        terminal.facts(("topic", record.partition.topic), ("key", key), ("value", size or "none (a tombstone)"))
    )
    console.print()
    console.print(outcome_view(explained.outcome))
