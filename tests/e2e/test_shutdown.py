"""Every shutdown ends within its time limit, with its exit code, whatever is frozen meanwhile (SPEC 7, decision 81).

A broker, a database, a registry, a collector and a reader of logs that are frozen keep their connections and say nothing.
"""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from runtime.shutdown import SHUTDOWN_SECONDS
from sandbox.services.freezing import frozen, frozen_database
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from tests.builders import event, events
from tests.e2e.program import Program
from tests.e2e.silent import Silent, full_pipe
from tests.e2e.world import World

# A process has to be started and seen to be gone as well.
MARGIN = 5.0
SHORT = ("set", "runtime.shutdown.SHUTDOWN_SECONDS=3")
FAULTS = ("broker", "database", "registry", "collector", "logs")
# Way out, what is frozen, exit code, whether it is cut off.
TABLE = (
    *(("signal", (fault,), 0) for fault in FAULTS),
    ("signal", FAULTS, 0),
    ("error", ("broker",), 1),
    ("error", ("database", "collector"), 1),
    ("error", FAULTS, 1),
)


class Surroundings:
    """What is around a consumer, of which some `faults` are frozen when the test says so."""

    def __init__(self, world: World, kafka: KafkaBroker, postgres: PostgresServer, running: ExitStack) -> None:
        self.world, self._kafka, self._postgres, self._running = world, kafka, postgres, running
        self.registry, self.collector = Silent(), Silent()
        running.callback(self.registry.close)
        running.callback(self.collector.close)

    def consumer(self, faults: tuple[str, ...], failpoint: list[str]) -> Program:
        """A consumer that talks to what is silent from the start."""
        environ = {}
        if "registry" in faults:
            environ["SCHEMA_REGISTRY_URL"] = self.registry.url
        if "collector" in faults:
            environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = self.collector.url
            environ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "100"  # seconds, as a user may have set it
        if "logs" in faults:
            self.world.stderr = self._running.enter_context(full_pipe())
        return self.world.consumer(failpoint=failpoint, **environ)

    def freeze(self, faults: tuple[str, ...]) -> None:
        """Stops the processes of broker and database, until the end of the test."""
        if "broker" in faults:
            assert self._kafka.pid is not None
            self._running.enter_context(frozen(self._kafka.pid))
        if "database" in faults:
            self._running.enter_context(frozen_database(self._postgres, self.world.database_url))


@pytest.fixture
def around(world: World, kafka: KafkaBroker, postgres: PostgresServer) -> Iterator[Surroundings]:
    """What is around a consumer; all of it goes on when the test has ended."""
    if kafka.pid is None:
        pytest.skip("a broker in a container has no process here that could be stopped")
    with ExitStack() as running:
        yield Surroundings(world, kafka, postgres, running)


@pytest.mark.parametrize(
    ("way", "faults", "code"), TABLE, ids=lambda value: "+".join(value) if isinstance(value, tuple) else str(value)
)
def test_a_consumer_ends_in_time(around: Surroundings, way: str, faults: tuple[str, ...], code: int) -> None:
    """Told to stop it exits with 0, after a mistake of ours with 1, and in either case within the stated time."""
    world, topic = around.world, around.world.topic(2)
    failpoint = ["before_commit_async", "stop", "after_commit_async", "raise"] if way == "error" else []
    world.send(topic, events(5), partition=0)
    if "registry" in faults:
        world.send(topic, [event(schema_id=7)], partition=1)
    consumer = around.consumer(faults, failpoint)
    world.until(lambda: world.count("audit_event") == 5, "it has written", of=[consumer])
    if "registry" in faults and way == "signal":
        world.until(around.registry.asked, "it asks for a schema", of=[consumer])
    with ExitStack() as held:
        if way == "error":
            world.until(lambda: consumer.frozen, "it stands")
        elif "database" in faults:
            held.enter_context(_writing(world, topic, consumer))
        around.freeze(faults)
        began = time.monotonic()
        consumer.thaw() if way == "error" else consumer.send(signal.SIGTERM)
        assert consumer.wait(SHUTDOWN_SECONDS + MARGIN) == code
        print(f"ended after {time.monotonic() - began:.1f} s")
        assert not consumer.logged("end_forced"), "closing in order must need less"


def test_what_blocks_a_process_is_logged_and_it_ends(world: World) -> None:
    """A call that does not come back, as of a client library: the rest of the time, a line of the log, and the end."""
    world.topic()
    consumer = world.consumer(failpoint=[*SHORT, "closing", "hang"])
    world.until(lambda: bool(consumer.logged("partitions_assigned")), "it has joined", of=[consumer])
    assert consumer.stop() == 0
    (said,) = consumer.logged("end_forced")
    assert said["exit_code"] == 0
    assert any("failpoint.py" in frame for frame in said["held_by"])


def test_an_error_is_not_forgotten_by_a_process_that_is_cut_off(world: World) -> None:
    """The exit code is that of what ended it, not of what held it."""
    topic = world.topic()
    consumer = world.consumer(failpoint=[*SHORT, "taken", "raise", "closing", "hang"])
    world.send(topic, events(1))
    assert consumer.wait() == 1
    assert consumer.logged("end_forced", exit_code=1)


@pytest.mark.parametrize("step", ["assigned", "releasing"])
def test_a_main_thread_that_is_held_does_not_keep_a_signal_from_ending_it(world: World, step: str) -> None:
    """The signal is seen by another thread: the main one, which Python gives it to, may never come back."""
    topic = world.topic()
    consumer = world.consumer(failpoint=[*SHORT, step, "hang"])
    world.send(topic, events(1))
    if step == "releasing":
        world.until_read(consumer)
    else:
        world.until(lambda: bool(consumer.logged("failpoint_reached")), "it is held", of=[consumer])
    assert consumer.stop() == 1
    assert consumer.logged("end_forced", exit_code=1)


@pytest.mark.parametrize("setting", ["DATABASE_URL", "AUDIT_METRICS_BIND"])
def test_a_bad_setting_ends_it_with_2_also_where_no_one_reads_it(world: World, setting: str) -> None:
    """Found at once or when it is used: the message waits for a full pipe no longer than the stated time."""
    world.topic()
    with socket.create_server(("127.0.0.1", 0)) as taken, full_pipe() as stderr:
        bad = {"DATABASE_URL": "nonsense", "AUDIT_METRICS_BIND": f"127.0.0.1:{taken.getsockname()[1]}"}
        world.stderr = stderr
        consumer = world.consumer(failpoint=SHORT, **{setting: bad[setting]})
        assert consumer.wait() == 2


def test_a_migration_that_is_interrupted_does_not_wait_for_a_frozen_database(around: Surroundings) -> None:
    """Ctrl-C asks the server to cancel; one that is frozen does not answer that either."""
    world = around.world
    lock = psycopg.connect(world.database_url)
    lock.execute("LOCK TABLE schema_migration IN ACCESS EXCLUSIVE MODE")
    migrate = world.consumer("migrate", failpoint=SHORT)
    world.until(world.waits_for_a_lock, "it waits", of=[migrate])
    around.freeze(("database",))
    assert migrate.stop(signal.SIGINT) != 0
    lock.pgconn.finish()  # the server is still frozen


@contextmanager
def _writing(world: World, topic: str, consumer: Program) -> Iterator[None]:
    """The consumer is in the middle of a write, which waits for a lock."""
    lock = psycopg.connect(world.database_url)
    lock.execute("LOCK TABLE audit_event IN EXCLUSIVE MODE")
    world.send(topic, events(3), partition=0)
    world.until(world.waits_for_a_lock, "it writes", of=[consumer])
    yield
    lock.pgconn.finish()  # the server may be frozen
