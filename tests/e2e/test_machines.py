"""Two consumers, Kafka and PostgreSQL on machines of their own, with delay and loss between them. `make faults` has more of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.migrations import migrate
from sandbox.services.kafka import LocalKafka
from sandbox.services.network import Network, missing
from sandbox.services.network_line import LineQuality
from sandbox.services.postgres import PostgresServer
from tests.builders import events
from tests.conftest import SHORT
from tests.e2e.world import World
from tests.ops.load import flows, has_joined, load

LACKS = missing()
pytestmark = pytest.mark.skipif(bool(LACKS), reason=LACKS)
MACHINES = ("broker", "database", "first", "second")
BAD = LineQuality(delay=0.0025, loss=0.005)


@pytest.fixture
def network() -> Iterator[Network]:
    with Network(MACHINES, seed=14) as running:
        yield running


@pytest.fixture
def apart(network: Network, tmp_path: Path) -> Iterator[World]:
    on = network.machines
    with LocalKafka(config=SHORT, on=on["broker"]) as kafka, PostgresServer(
        settings={"fsync": "off"}, on=on["database"]
    ) as server:  # fmt: skip
        url = server.create_database("audit")
        migrate(url, lambda _: None)
        # What is forked would be on the machine of the process that forks.
        with World(kafka.bootstrap, url, tmp_path, forks=False) as running:
            yield running


def test_a_machine_that_is_cut_off_and_returns_doubles_nothing(network: Network, apart: World) -> None:
    """5 ms each way and 1 % of packets lost; one of two consumers' machines is cut off for longer than its session."""
    topic = apart.topic(4)
    network.line(*MACHINES, quality=BAD)
    with network.machines["first"].entered():
        first = apart.consumer()
    has_joined(apart, first)
    with network.machines["second"].entered():
        second = apart.consumer()
    has_joined(apart, second)
    with load(apart, [topic], 5):
        flows(apart, first, second)
        network.line("first", quality=LineQuality(loss=1.0))
        apart.until(lambda: apart.members() == 1, "the group has missed it", of=[second])
        flows(apart, second)
        network.line("first", quality=BAD)
        apart.until(lambda: apart.members() == 2, "it is a member again", of=[first, second])
    apart.send(topic, events(50))
    apart.until_read(first, second)
    lost = {name: count.lost for name, count in network.packets().items()}
    assert sum(lost.values()) > lost["first"] > 0  # which of the others lose some is chance
    assert first.stop() == second.stop() == 0
    apart.check()
