"""PostgreSQL stopped, killed, frozen, locked; its sessions ended."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import psycopg

from sandbox.services.freezing import frozen_database
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import FROZEN_SECONDS, Fault
from tests.faults.services import few_connections

ALERTS = frozenset({"AuditDatabaseTrouble"})
BOTH = ALERTS | {"AuditReaderErrors"}
OURS = "datname = current_database() AND application_name LIKE 'audit-%'"
WAITS = "SELECT 1 FROM pg_locks WHERE relation = 'audit_event'::regclass AND NOT granted"


def _down(how: Callable[[PostgresServer], None]) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        how(experiment.services.postgres)
        yield
        experiment.services.postgres.start()

    return inject


@contextmanager
def _frozen(experiment: Experiment) -> Iterator[None]:
    with frozen_database(experiment.services.postgres, experiment.world.database_url):
        yield


@contextmanager
def _sessions_ended(experiment: Experiment) -> Iterator[None]:
    enough = threading.Event()

    def end() -> None:
        with psycopg.connect(experiment.world.database_url, autocommit=True) as connection:
            while not enough.wait(0.2):
                connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}".encode())

    ending = threading.Thread(target=end)
    ending.start()
    yield
    enough.set()
    ending.join()


def _locked(statement: str) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        with psycopg.connect(experiment.world.database_url) as holder:
            holder.execute(statement.encode())
            yield

    return inject


@contextmanager
def _absent_at_the_start(experiment: Experiment) -> Iterator[None]:
    """No offset is guessed: it waits as a member of its group."""
    assert experiment.consumer.stop() == 0
    experiment.services.postgres.stop()
    experiment.start()
    experiment.until(lambda: bool(experiment.consumer.logged("claim_delayed")), "it waits")
    yield
    experiment.services.postgres.start()


@contextmanager
def _deadlocked(experiment: Experiment) -> Iterator[None]:
    """Another session locks the entries, then wants the progress that the waiting consumer has locked; again and again.

    It looks for deadlocks later than the consumer's session, which is therefore the one that PostgreSQL ends.
    """
    enough = threading.Event()

    def cross() -> None:
        with psycopg.connect(experiment.world.database_url) as other:
            other.execute("SET deadlock_timeout = '60s'")
            other.commit()
            while not enough.is_set():
                other.execute("LOCK TABLE audit_event IN SHARE MODE")
                wait_until(lambda: enough.is_set() or other.execute(WAITS).fetchone() is not None, LIMIT, 0)
                other.execute("SELECT 1 FROM partition_progress FOR UPDATE")
                other.commit()

    def is_victim() -> bool:
        return any("deadlock detected" in line["error"] for line in experiment.consumer.logged("database_unavailable"))

    with ThreadPoolExecutor(1) as pool:
        crossing = pool.submit(cross)
        try:
            experiment.until(is_victim, "PostgreSQL ends its transaction")
            yield
        finally:
            enough.set()
        crossing.result()


@contextmanager
def _exhausted(experiment: Experiment) -> Iterator[None]:
    """All that is free is taken, and the consumer's sessions are ended once, so that it needs new ones."""
    hogs: list[psycopg.Connection[tuple[object, ...]]] = []

    def taken() -> bool:
        try:
            hogs.append(psycopg.connect(experiment.world.database_url, autocommit=True))
        except psycopg.OperationalError:
            return True
        return False

    assert wait_until(taken, LIMIT, 0)
    hogs[0].execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}".encode())
    wait_until(taken, 1, 0)
    yield
    for hog in hogs:
        hog.close()


FAULTS = (
    Fault(name="database stopped", how="fast shutdown; started later", inject=_down(PostgresServer.stop), alerts=BOTH),
    Fault(
        name="database crashed",
        how="immediate shutdown; started later, with recovery",
        inject=_down(lambda server: server.stop("immediate")),
        alerts=BOTH,
    ),
    Fault(
        name="database killed",
        how="SIGKILL to all of it; started later",
        inject=_down(PostgresServer.kill),
        alerts=BOTH,
    ),
    Fault(
        name="database absent at the consumer's start",
        how="stopped when the consumer is started; started later",
        inject=_absent_at_the_start,
        alerts=BOTH,
        mixes=False,
    ),
    Fault(
        name="database frozen",
        how="SIGSTOP to the server and all sessions for longer than the consumer waits for an answer, then SIGCONT",
        inject=_frozen,
        alerts=BOTH,
        seconds=FROZEN_SECONDS,
    ),
    Fault(
        name="sessions ended",
        how="pg_terminate_backend for each of the consumer's, the reader's and the sealer's, every 200 ms",
        inject=_sessions_ended,
        seconds=6,
        alerts=ALERTS,
    ),
    Fault(
        name="progress locked",
        how="another session has locked the rows of partition_progress",
        inject=_locked("SELECT 1 FROM partition_progress FOR UPDATE"),
        alerts=ALERTS,
    ),
    Fault(
        name="entries locked",
        how="LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE",
        inject=_locked("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE"),
        alerts=ALERTS,
    ),
    Fault(
        name="entries locked for longer than max.poll.interval.ms",
        how="the same, 15 s with an interval of 10 s",
        inject=_locked("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE"),
        alerts=ALERTS,
        seconds=15,
        environ={"KAFKA_CONFIG_MAX_POLL_INTERVAL_MS": "10000"},
        mixes=False,
    ),
    Fault(
        name="deadlock",
        how="another session locks audit_event, then asks for the rows of partition_progress that the consumer has locked; again and again",
        inject=_deadlocked,
        alerts=ALERTS,
        mixes=False,
    ),
    Fault(
        name="connections exhausted",
        how="other clients have all of max_connections when the sessions of consumer, reader and sealer end",
        inject=_exhausted,
        alerts=ALERTS,
        where=few_connections,
        mixes=False,
    ),
)
