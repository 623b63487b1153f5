"""The two ways to run the demo: for as long as someone watches, or once over the fixed sample."""

import subprocess
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from sandbox.demo import ending, look, seen
from sandbox.demo.board import Lines, LiveBoard
from sandbox.demo.promise import promised
from sandbox.demo.pump import Pump
from sandbox.demo.stage import Stage
from sandbox.services.process import SandboxError
from sandbox.traffic.generator import Emission, Traffic
from sandbox.traffic.sample import sample

STEP = timedelta(seconds=30)
SEED, WORKSPACES = 20, 3
RATE, RATE_ONCE = 8.0, 100.0  # records a second
TICK = 0.5  # seconds between two looks
LIMIT = 120.0  # seconds that the sample may take


def watch(console: Console, stage: Stage) -> NoReturn:
    """The sample and then traffic without end, until KeyboardInterrupt. Raises SandboxError."""
    console.print(Text("\nThe page, to an admin, a member, or the admin of another workspace:\n", "bold"))
    console.print(f"  {stage.issuer.url}/", soft_wrap=True)
    console.print(Text("\nTo look further, in another terminal:\n", "bold"))
    for line in look.lines(stage):
        console.print(f"  {line}", soft_wrap=True)
    console.print()
    _flow(console, stage, chain(_sample(), Traffic(SEED, WORKSPACES, lambda: datetime.now(UTC))), RATE, None)
    raise AssertionError("traffic ends never")


def once(console: Console, stage: Stage) -> list[str]:
    """The sample, until all of it is accounted for, and the final tables; what is not as promised. Raises SandboxError."""
    events = _sample()
    console.print(f"\n{len(events)} records of three workspaces are sent, at {RATE_ONCE:.0f} a second\n")
    _flow(console, stage, events, RATE_ONCE, len(events))
    console.print()
    faults = ending.show(console, stage.connection, promised(events))
    status = subprocess.run(
        [stage.program, "status", "--count-entries"], check=False, env=stage.environ, capture_output=True, text=True
    )
    if status.returncode:
        faults.append(
            f"`audit-consumer status` says that the accounting does not balance:\n{status.stdout}{status.stderr}"
        )
    return faults


def _sample() -> tuple[Emission, ...]:
    """The sample, so placed in time that it has just happened."""
    now = datetime.now(UTC)
    return sample(now - STEP * len(sample(now, STEP)), STEP)


def _flow(console: Console, stage: Stage, emissions: Iterable[Emission], rate: float, until: int | None) -> None:
    """Publishes and shows what arrives, until so many records are accounted for; None: for ever."""
    board = LiveBoard(console) if console.is_terminal else Lines(console)
    pump = Pump(stage.sandbox.kafka_bootstrap, emissions, rate)
    late = time.monotonic() + LIMIT
    try:
        with board:
            while True:
                counted = seen.outcomes(stage.connection).total()
                board.show(stage.connection)
                if until is not None and counted >= until:
                    return
                if until is not None and time.monotonic() > late:
                    raise SandboxError(f"after {LIMIT:.0f} s {counted} of {until} records are accounted for")
                stage.check()
                pump.check()
                time.sleep(TICK)
    finally:
        pump.end()
