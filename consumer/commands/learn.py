"""`explain` and `catalog`: for those who write services. Neither needs a setting, a broker or a database."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from catalog import render
from catalog.audit_types import CATALOG
from consumer.commands.cli_common import Format, FormatOption, end
from consumer.commands.outcome_view import outcome_data, outcome_view
from consumer.event.model import Parked
from consumer.operator.explain import Explained, Unusable
from consumer.operator.explain import explain as explain_example
from runtime import terminal


class CatalogFormat(StrEnum):
    """How to print the catalogue."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


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
            typer.echo(f"audit-consumer explain: {file} is no record that a service could send:{listed}", err=True)
        raise typer.Exit(2) from None
    if form is Format.JSON:
        typer.echo(terminal.as_json(outcome_data(explained.outcome)))
    else:
        _print(explained)
    raise typer.Exit(1 if isinstance(explained.outcome, Parked) else 0)


def catalog(
    form: Annotated[CatalogFormat, typer.Option("--format", help="How to print.")] = CatalogFormat.TABLE,
) -> None:
    """Prints the fourteen audit types: what feeds them, what is stored of them; and every reason word.

    ```
    audit-consumer catalog
    audit-consumer catalog --format markdown > docs/types.md
    audit-consumer catalog --format json | jq '.reasons.parked'
    ```
    """
    if form is CatalogFormat.JSON:
        typer.echo(render.as_json(), nl=False)
    elif form is CatalogFormat.MARKDOWN:
        typer.echo(render.as_markdown(), nl=False)
    else:
        terminal.console().print(_catalog())


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


def _catalog() -> Group:
    types = terminal.table("type", "fed by", "stored, and facets", fold=["stored, and facets"])
    for audit_type in CATALOG:
        fed = "\n".join(feed.ce_type for feed in audit_type.feeds)
        stored = ", ".join(field.name for field in audit_type.stored)
        facets = "".join(
            f"\n{facet.name}: {', '.join(word for word, _ in facet.values) or '…'}" for facet in audit_type.facets
        )
        types.add_row(audit_type.name, fed, Text(stored).append(facets, "dim"))
    data = render.as_data()
    parts: list[Any] = [Text(f"The {len(CATALOG)} audit types", "bold"), types]
    ignored = ", ".join(listed["ce_type"] for listed in data["ignored"])
    parts += [Text("\nNot audited", "bold"), Padding(Text(ignored), (0, 0, 0, 2))]
    for name, listed in data["reasons"].items():
        parts += [Text(f"\n{name.capitalize()}", "bold"), Padding(terminal.facts(*listed.items()), (0, 0, 0, 2))]
    return Group(*parts)
