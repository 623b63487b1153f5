"""audit-consumer: the commands (SPEC 7)."""

from collections.abc import Sequence
from typing import Annotated

import typer

from consumer.commands import catalog, cells, explain, gaps, parked, resume, rewind, status
from consumer.commands.cli_common import end, settings
from consumer.polling.observer import Observer
from consumer.run import serve
from consumer.telemetry.progress_bar import ProgressBar
from runtime import logging, shutdown, standard_streams, terminal, threads
from runtime import migrations as migration
from runtime.version import HELP_NAMES, VersionOption

app = typer.Typer(
    no_args_is_help=True, context_settings=HELP_NAMES, rich_markup_mode="markdown", pretty_exceptions_enable=False
)


@app.callback()
def root(*, version: VersionOption = False) -> None:
    """The audit log's consumer: from Kafka to the append-only tables, losing nothing.

    Settings come from the environment: see deploy/env.example. Exit codes: 0 done, 1 something needs a person, 2 wrong
    usage or settings.
    """


@app.command()
def migrate() -> None:
    """Creates or upgrades the schema in the database of DATABASE_URL. Safe to run again, and by several at once."""
    url = settings(kafka=False).database_url.get_secret_value()
    try:
        migration.migrate(url, typer.echo)
    except migration.MigrationError as error:
        end(f"migrate: {error}", 1)


@app.command()
def run(
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop once the ends seen at the start are reached.")
    ] = False,
) -> None:
    """Consumes until SIGTERM. Offsets are kept in the database; those committed to Kafka are only for lag tools.

    ```
    audit-consumer run
    audit-consumer run --until-end
    ```

    Exit code with --until-end: 0 every end was reached, whatever was parked; 1 a partition is halted, or nobody reads it
    (the log names it), or a topic is unavailable, or a signal came first.
    """
    loaded = settings(kafka=True)
    screen = terminal.console(errors=True)
    if not (until_end and screen.is_terminal):
        raise typer.Exit(serve(loaded, until_end=until_end, observer=Observer()))
    with ProgressBar(screen) as bar:
        logging.configure(loaded.log_format)  # again: log lines now go above the bar
        code = serve(loaded, until_end=True, observer=bar)
    raise typer.Exit(code)


app.command()(status.status)
app.add_typer(parked.app, name="parked")
app.add_typer(gaps.app, name="gaps")
app.add_typer(cells.app, name="cells")
app.command()(rewind.rewind)
app.command()(resume.resume)
app.command()(explain.explain)
app.command()(catalog.catalog)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point; `arguments` are the process's own unless given."""
    standard_streams.secure()
    shutdown.arm()
    threads.log_deaths_of_others()
    shutdown.leave(lambda: app(args=arguments))
