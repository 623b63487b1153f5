"""PostgreSQL stopped, killed, frozen, full, locked; its sessions ended."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg

from sandbox.services.freezing import frozen_database
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.faults.catalog.needs import root
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import FROZEN_SECONDS, Fault
from tests.faults.services import database_on_a_small_disk, few_connections

ALERTS = frozenset({"AuditDatabaseTrouble"})
BOTH = ALERTS | {"AuditReaderErrors"}
OURS = "datname = current_database() AND application_name LIKE 'audit-%'"
HOGS = 20


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
def _full(experiment: Experiment) -> Iterator[None]:
    """PostgreSQL ends where it cannot write its log ahead; it is started again when there is room."""
    disk, server = experiment.services.disk, experiment.services.postgres
    assert disk is not None
    disk.fill()
    yield
    disk.free()
    if server.pid is None:
        server.start()


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
        name="database's disk full",
        how="tmpfs filled to the last byte; freed, and the server started where it had ended",
        inject=_full,
        alerts=ALERTS,
        where=database_on_a_small_disk,
        mixes=False,
        needs=root,
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
