"""audit-reader: the command (SPEC 7)."""

import os

import typer

from reader.serve import serve as run
from reader.settings import SettingsError, load
from runtime import logging, shutdown, standard_streams, threads
from runtime.version import HELP_NAMES, VersionOption

app = typer.Typer(
    no_args_is_help=True, context_settings=HELP_NAMES, rich_markup_mode="markdown", pretty_exceptions_enable=False
)


@app.callback()
def root(*, version: VersionOption = False) -> None:
    """The reader of the audit log: the page `/audit` and its API, for admins of a workspace only.

    Settings come from the environment: see deploy/env.example. Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed and
    needs attention, 2 wrong usage or settings (an address that cannot be bound is one).
    """


@app.command()
def serve() -> None:
    """Serves at AUDIT_READER_BIND until SIGTERM, then finishes the requests in progress.

    ```
    export DATABASE_URL=postgresql://audit_page@db.internal/audit      # a login that has the role audit_reader
    export CLERK_ISSUER=https://clerk.example.com CLERK_AUTHORIZED_PARTIES=https://app.example.com
    export AUDIT_READER_HOSTS=app.example.com
    audit-reader serve
    ```

    `/healthz` succeeds while the process runs, `/readyz` while the database answers and there are sign-in keys. Metrics
    are served at AUDIT_READER_METRICS_BIND if that is set.
    """
    try:
        settings = load(os.environ)
    except SettingsError as error:
        shutdown.begin(2)  # a pipe that is full takes no message
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    logging.configure(settings.log_format)
    raise typer.Exit(run(settings))


def main() -> None:
    """The entry point."""
    standard_streams.secure()
    shutdown.arm()
    threads.log_deaths_of_others()
    shutdown.leave(app)
