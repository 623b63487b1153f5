"""audit-consumer: the commands (SPEC 7). The only module that reads the environment."""

import os
import sys
from typing import Annotated

import typer

from consumer import journal, migrate as migration
from consumer.loop import Observer
from consumer.serve import serve
from consumer.settings import Settings, SettingsError, load

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


def settings(*, kafka: bool) -> Settings:
    """The settings of the environment; logging is set up with them."""
    try:
        loaded = load(os.environ, kafka=kafka)
    except SettingsError as error:
        typer.echo(f"audit-consumer: {error}", err=True)
        raise typer.Exit(2) from None
    journal.configure(loaded.log_format)
    return loaded


@app.callback()
def root() -> None:
    """The audit log's consumer: from Kafka to the append-only tables, losing nothing."""


@app.command()
def migrate() -> None:
    """Creates or upgrades the schema in the database of DATABASE_URL. Safe to run again, and by several at once."""
    url = settings(kafka=False).database_url.get_secret_value()
    try:
        migration.migrate(url, typer.echo)
    except migration.MigrationError as error:
        typer.echo(f"audit-consumer migrate: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def run(
    until_end: Annotated[bool, typer.Option("--until-end", help="Stop once the ends seen at the start are reached.")] = False,
) -> None:
    """Consumes until SIGTERM. Offsets are kept in the database; Kafka's own are a hint for lag tools."""
    raise typer.Exit(serve(settings(kafka=True), until_end=until_end, observer=Observer()))


def main() -> None:
    """The entry point."""
    sys.exit(app())
