"""`make demo`: everything on one machine. `--once` runs the fixed sample, checks what became of it, and ends."""

import os
import signal
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from runtime import terminal
from runtime.postgres import Error
from sandbox.demo import run
from sandbox.demo.environment import demo_environment
from sandbox.demo.foreground import foreground
from sandbox.demo.steps import DemoSteps
from sandbox.services.process import SandboxError

OWN_SETTINGS = ("DATABASE_URL", "SCHEMA_REGISTRY_URL", "AUDIT_", "KAFKA_")
KEPT = {"AUDIT_SANDBOX", "AUDIT_KAFKA_IMAGE"}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    once: Annotated[bool, typer.Option("--once", help="Run the fixed sample, check the outcomes, and end.")] = False,
) -> None:
    """Kafka, PostgreSQL, sample traffic and the real consumer on this machine, and what it records, live."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    console = terminal.console()
    _ignore_settings(console)
    try:
        with foreground(), demo_environment(os.environ, DemoSteps(console)) as environment:
            if not once:
                run.watch(console, environment)
            faults = run.once(console, environment)
    except KeyboardInterrupt:
        console.print("The demo has ended; everything that it started is gone.")
        raise typer.Exit(1 if once else 0) from None
    except (SandboxError, Error) as error:
        console.print(Text(f"The demo failed: {error}", "bold red"), soft_wrap=True)
        raise typer.Exit(1) from None
    for fault in faults:
        console.print(Text(f"Not as expected: {fault}", "bold red"), soft_wrap=True)
    if not faults:
        console.print(
            Text("Every record is accounted for, as expected; everything that the demo started is gone.", "bold green")
        )
    raise typer.Exit(1 if faults else 0)


def _ignore_settings(console: Console) -> None:
    """Removes our settings from the environment: sample entries written to a real audit log could never be deleted."""
    for name in [name for name in os.environ if name.startswith(OWN_SETTINGS) and name not in KEPT]:
        del os.environ[name]
        console.print(f"{name} is ignored: the demo uses services of its own")


def _interrupt(number: int, frame: object) -> NoReturn:
    """The first signal ends the demo; further ones are ignored until it has ended."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    app(prog_name="python -m sandbox.demo")
