"""A consumer whose clock is an hour off: nothing that the log says of itself rests on it (SPEC 5, decision 80).

Where it is off from the start, it is the database that runs with another clock (libfaketime). The consumer's own is set while it
works by sandbox.services.own_clock: libfaketime does not know cnd_timedwait, by which the threads of librdkafka wait.
"""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from runtime.migrations import migrate
from sandbox.services.own_clock import own_clock
from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from sandbox.services.wheel import compiler
from tests.builders import events
from tests.e2e import faketime
from tests.e2e.world import World

HOUR = 3600.0
# What two figures of one clock may differ by on a busy machine.
SECONDS = 60.0
NOW = "SELECT clock_timestamp()"
COMPLETE = "SELECT complete_through FROM partition_progress"
REACHED = "SELECT bool_and(complete_through > %(then)s) FROM partition_progress"
WRONG = "SELECT count(*) FROM audit_event WHERE recorded_at < %(first)s OR recorded_at > clock_timestamp()"
OFTEN = ("set", "consumer.telemetry.poller.SECONDS=0.1")


@pytest.fixture(scope="module", params=[HOUR, -HOUR], ids=["ahead", "behind"])
def ahead(request: pytest.FixtureRequest) -> float:
    """By how many seconds the consumer's clock is ahead of the database's."""
    return float(request.param)


@pytest.fixture(scope="module")
def database(ahead: float) -> Iterator[PostgresServer]:
    """A database server with a clock of its own."""
    if faketime.MISSING:
        pytest.skip(faketime.MISSING)
    shifted = {**faketime.ENVIRON, "FAKETIME": f"{-ahead:+.0f}s"}
    with ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in shifted.items():
                patch.setenv(name, value)
            server = running.enter_context(PostgresServer(settings={"fsync": "off"}))
        yield server


@pytest.fixture
def world(kafka: KafkaBroker, database: PostgresServer, tmp_path: Path) -> Iterator[World]:
    """As everywhere, on that server."""
    url = database.create_database(f"test_{uuid.uuid4().hex[:12]}")
    migrate(url, lambda _: None)
    with World(kafka.bootstrap, url, tmp_path) as running:
        yield running


def figures(port: int) -> dict[str, float]:
    """The metrics of a consumer, by name; of a series with labels the last."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {line.partition("{")[0].partition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_figures_are_by_the_clock_of_the_database(world: World, ahead: float) -> None:
    """`complete_through` keeps up with the database, metrics too, and how far the clocks are apart is one of them."""
    topic, port = world.topic(), free_port()
    consumer = world.consumer(AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
    world.send(topic, events(3))
    world.until_read(consumer)
    since: datetime = world.value(NOW)

    def kept_up() -> bool:
        reached = world.value(COMPLETE)
        return reached is not None and reached > since

    world.until(kept_up, "the tables are complete", of=[consumer])
    world.until(
        lambda: abs(figures(port)["auditlog_clock_offset_seconds"] - ahead) < SECONDS, "it knows", of=[consumer]
    )
    world.send(topic, events(1))
    world.until_read(consumer)
    assert world.value("SELECT complete_through < clock_timestamp() FROM partition_progress")
    shown, now = figures(port), world.value(NOW).timestamp()
    for name in ("complete_through", "loop_heartbeat", "poller_last_success"):
        assert now - SECONDS < shown[f"auditlog_{name}_timestamp_seconds"] < now + 1, name
    assert consumer.stop() == 0
    world.check()


def test_what_is_not_read_is_not_called_complete(world: World) -> None:
    """What Kafka receives between the question and the write is later than the `complete_through` that is written."""
    topic = world.topic()
    world.send(topic, events(1))
    consumer = world.consumer(failpoint=["before_transaction:2", "stop", "after_commit:2", "stop"])
    world.until(lambda: consumer.frozen, "it is paused before a write of nothing but complete_through")
    assert world.count("audit_event") == 1
    world.send(topic, events(1))
    received = world.value(NOW)
    consumer.thaw()
    world.until(lambda: world.value(COMPLETE) is not None and consumer.frozen, "it is paused after that write")
    assert world.count("audit_event") == 1
    assert world.value(COMPLETE) < received
    consumer.thaw()
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_status_says_that_a_clock_is_off(world: World, ahead: float) -> None:
    """An operator's own machine is checked as well."""
    world.topic()
    status = world.consumer("status", "--format", "json")
    assert status.wait() == 0
    text = status.log.read_text()
    assert abs(json.loads(text[text.index("{") :])["clock_ahead_seconds"] - ahead) < SECONDS


@pytest.mark.skipif(not compiler(), reason="no C compiler is installed: apt-get install gcc libc6-dev")
def test_a_clock_that_is_set_while_it_works(kafka: KafkaBroker, database_url: str, tmp_path: Path) -> None:
    """An hour ahead, right, an hour behind, right: it records on, and no time that it writes or shows is by that clock."""
    with World(kafka.bootstrap, database_url, tmp_path) as world, own_clock() as clock:
        topic, port = world.topic(), free_port()
        consumer = world.consumer(failpoint=OFTEN, AUDIT_METRICS_BIND=f"127.0.0.1:{port}", **clock.environ)
        world.send(topic, events(3))
        world.until_read(consumer)
        first = world.value("SELECT min(recorded_at) FROM audit_event")
        for ahead in (HOUR, 0.0, -HOUR, 0.0):
            since = world.value(NOW)
            clock.set(int(ahead))
            world.send(topic, events(3))
            world.until_read(consumer)
            world.until(
                lambda now=ahead: abs(figures(port)["auditlog_clock_offset_seconds"] - now) < SECONDS,  # type: ignore[misc]
                "it knows",
                of=[consumer],
            )
            world.until(lambda then=since: world.value(REACHED, then=then) is True, "it is complete", of=[consumer])  # type: ignore[misc]
            assert world.value(WRONG, first=first) == 0
            shown, now = figures(port), world.value(NOW).timestamp()
            assert now - SECONDS < shown["auditlog_loop_heartbeat_timestamp_seconds"] < now + 1
            assert shown["auditlog_lag_seconds"] >= 0
        assert consumer.stop() == 0
        world.check()
