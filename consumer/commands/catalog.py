"""`catalog`: the audit types, what feeds them and what is stored of them. It needs no setting, broker or database."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from catalog import render
from catalog.audit_types import CATALOG
from runtime import terminal


class CatalogFormat(StrEnum):
    """How to print the catalog."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def catalog(
    form: Annotated[CatalogFormat, typer.Option("--format", help="How to print.")] = CatalogFormat.TABLE,
) -> None:
    """Prints the audit types: what feeds them, what is stored of them; and every reason word.

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
