"""`make demo`: everything on one machine. `--once` runs the fixed sample, checks what became of it, and ends."""

import os
import signal
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from runtime import terminal
from runtime.postgres import Error
from sandbox.demo import show
from sandbox.demo.stage import stage
from sandbox.demo.steps import Steps
from sandbox.demo.terminal import foreground
from sandbox.services.process import SandboxError

OURS = ("DATABASE_URL", "SCHEMA_REGISTRY_URL", "AUDIT_", "KAFKA_")
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
    _put_settings_aside(console)
    try:
        with foreground(), stage(os.environ, Steps(console)) as made:
            if not once:
                show.watch(console, made)
            faults = show.once(console, made)
    except KeyboardInterrupt:
        console.print("The demo is over; nothing of it is left.")
        raise typer.Exit(1 if once else 0) from None
    except (SandboxError, Error) as error:
        console.print(Text(f"The demo failed: {error}", "bold red"), soft_wrap=True)
        raise typer.Exit(1) from None
    for fault in faults:
        console.print(Text(f"Not as promised: {fault}", "bold red"), soft_wrap=True)
    if not faults:
        console.print(Text("Every record is accounted for, as promised; nothing of the demo is left.", "bold green"))
    raise typer.Exit(1 if faults else 0)


def _put_settings_aside(console: Console) -> None:
    """Sample entries must never reach the audit log of a shell that is set up for a real one: they would stay for ever."""
    for name in [name for name in os.environ if name.startswith(OURS) and name not in KEPT]:
        del os.environ[name]
        console.print(f"{name} is put aside: the demo uses services of its own")


def _interrupt(number: int, frame: object) -> NoReturn:
    """The first signal ends the demo; while it takes itself down, others wait in vain."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    app(prog_name="python -m sandbox.demo")
