"""`python -m sandbox up`: the services on their own, for another terminal to work with."""

import os
import signal
import sys
from contextlib import ExitStack
from typing import Annotated, NoReturn

import typer

from sandbox.services.environment import Sandbox
from sandbox.services.process import SandboxError
from sandbox.services.registry import SchemaRegistry

app = typer.Typer(add_completion=False, help="Local services for demo, tests and benchmark.")


@app.callback()
def main() -> None:
    """Local services for demo, tests and benchmark."""


@app.command()
def up(
    registry: Annotated[bool, typer.Option("--registry", help="Start a schema registry as well.")] = False,
) -> None:
    """Starts the services, prints what to export, and runs until Ctrl-C or SIGTERM; then everything is removed."""
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell starts background jobs with it ignored
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as stack:
            services = stack.enter_context(Sandbox(os.environ))
            lines = [f"DATABASE_URL={services.database_url}", f"KAFKA_BOOTSTRAP_SERVERS={services.kafka_bootstrap}"]
            if registry:
                lines.append(f"SCHEMA_REGISTRY_URL={stack.enter_context(SchemaRegistry()).url}")
            print(*services.describe(), sep="\n", file=sys.stderr)
            print(*(f"export {line}" for line in lines), sep="\n", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass
    except SandboxError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    app()
