"""The two ways to run the demo: for as long as someone watches, or once over the fixed sample."""

import subprocess
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from sandbox.demo import evidence, next_commands, queries, report
from sandbox.demo.background_publisher import BackgroundPublisher
from sandbox.demo.display import LineDisplay, LiveDisplay
from sandbox.demo.environment import DemoEnvironment, workspaces
from sandbox.demo.expected_outcomes import expected_outcomes
from sandbox.services.process import SandboxError
from sandbox.traffic.generator import Emission, Traffic
from sandbox.traffic.sample import sample

STEP = timedelta(minutes=15)  # so that the sample spans days that are over, which can be exported
SEED, WORKSPACES = 20, 3
RATE, RATE_ONCE = 8.0, 100.0  # records a second
TICK = 0.5  # seconds between two updates of the display
LIMIT = 120.0  # seconds that the sample may take


def watch(console: Console, environment: DemoEnvironment) -> NoReturn:
    """The sample and then traffic without end, until KeyboardInterrupt. Raises SandboxError."""
    console.print(Text("\nThe page, to an admin, a member, or the admin of another workspace:\n", "bold"))
    console.print(f"  {environment.issuer.url}/", soft_wrap=True)
    console.print(Text("\nTo look further, in another terminal:\n", "bold"))
    for line in next_commands.lines(environment):
        console.print(f"  {line}", soft_wrap=True)
    console.print()
    console.print("Ctrl-C ends it, with an export that is verified and one that was tampered with.\n")
    try:
        _flow(console, environment, chain(_sample(), Traffic(SEED, WORKSPACES, lambda: datetime.now(UTC))), RATE, None)
    except KeyboardInterrupt:
        for fault in evidence.show(console, environment.sealing, workspaces()[0]):
            console.print(Text(f"Not as expected: {fault}", "bold red"), soft_wrap=True)
        raise
    raise AssertionError("the traffic never ends")


def once(console: Console, environment: DemoEnvironment) -> list[str]:
    """The sample, until all of it is accounted for, and the final tables; what is not as expected. Raises SandboxError."""
    events = _sample()
    console.print(f"\n{len(events)} records of three workspaces are sent, at {RATE_ONCE:.0f} a second\n")
    _flow(console, environment, events, RATE_ONCE, len(events))
    console.print()
    faults = report.show(console, environment.connection, expected_outcomes(events))
    status = subprocess.run(
        [environment.program, "status", "--count-entries"],
        check=False,
        env=environment.environ,
        capture_output=True,
        text=True,
    )
    if status.returncode:
        faults.append(
            f"`audit-consumer status` says that the accounting does not balance:\n{status.stdout}{status.stderr}"
        )
    return faults + evidence.show(console, environment.sealing, workspaces()[0])


def _sample() -> tuple[Emission, ...]:
    """The sample, with times that end now."""
    now = datetime.now(UTC)
    return sample(now - STEP * len(sample(now, STEP)), STEP)


def _flow(
    console: Console, environment: DemoEnvironment, emissions: Iterable[Emission], rate: float, until: int | None
) -> None:
    """Publishes and shows what arrives, until so many records are accounted for; None: without end."""
    display = LiveDisplay(console) if console.is_terminal else LineDisplay(console)
    publisher = BackgroundPublisher(environment.sandbox.kafka_bootstrap, emissions, rate)
    deadline = time.monotonic() + LIMIT
    try:
        with display:
            while True:
                counted = queries.outcomes(environment.connection).total()
                display.show(environment.connection)
                if until is not None and counted >= until:
                    return
                if until is not None and time.monotonic() > deadline:
                    raise SandboxError(f"after {LIMIT:.0f} s {counted} of {until} records are accounted for")
                environment.check()
                publisher.check()
                time.sleep(TICK)
    finally:
        publisher.end()
