"""Records that keep coming while an operator works."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.builders import stream
from tests.e2e.program import Program
from tests.e2e.world import World

PAUSE = 0.05
BATCH = 20


@contextmanager
def load(world: World, topics: Sequence[str], batch: int = BATCH, *, workspaces: int = 5) -> Iterator[None]:
    """Some hundred records a second into `topics`, each planned to be recorded, until the block ends."""
    stop, producer, coming = threading.Event(), world.producer(), stream(workspaces)

    def send() -> None:
        while not stop.wait(PAUSE):
            for topic in topics:
                world.send(topic, itertools.islice(coming, batch), producer=producer)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        try:
            yield
        finally:
            stop.set()
        sending.result()


def flows(world: World, *of: Program) -> None:
    """Returns once more is recorded than there was; none of the programs may have ended."""
    before = world.count("audit_event")
    world.until(lambda: world.count("audit_event") > before, "entries come in", of=of)


def has_joined(world: World, program: Program) -> None:
    """Returns once the program has claimed partitions."""
    world.until(lambda: bool(program.logged("claimed")), "it has partitions", of=[program])
