"""PostgreSQL's disk: full, slow, or one that fails to keep what is written."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import psycopg

from sandbox.services.failing_disk import SyncCall
from tests.faults.catalog.needs import c_compiler, root
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.services import database_on_a_failing_disk, database_on_a_small_disk

ALERTS = frozenset({"AuditDatabaseTrouble"})
SLOW_MS = 300
COMMIT = "SELECT pg_logical_emit_message(true, 'make faults', '')"  # leaves no trace but in the log that is waited for


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
def _slow(experiment: Experiment) -> Iterator[None]:
    disk = experiment.services.failing_disk
    assert disk is not None
    disk.slow(SLOW_MS)
    began = time.monotonic()
    experiment.world.rows(COMMIT)
    assert time.monotonic() - began > SLOW_MS / 1000, "PostgreSQL does not wait for its disk"
    yield
    disk.slow(0)


def _fails(call: SyncCall, statement: str) -> Callable[[Experiment], AbstractContextManager[None]]:
    """Once, at the latest in this statement: PostgreSQL ends all sessions, and recovers from its log under the same process."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        disk, server = experiment.services.failing_disk, experiment.services.postgres
        assert disk is not None
        before = server.pid
        with psycopg.connect(experiment.world.database_url, autocommit=True) as witness:
            disk.fail_once(call)
            with suppress(psycopg.OperationalError):
                experiment.world.rows(statement)
            experiment.until(lambda: disk.has_failed(call) and _is_over(witness), "PostgreSQL ends all sessions")
        yield
        assert server.pid == before, "PostgreSQL has ended"

    return inject


def _is_over(session: psycopg.Connection[tuple[object, ...]]) -> bool:
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


FAULTS = (
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
        name="database's disk slow",
        how=f"each fsync and fdatasync of PostgreSQL takes {SLOW_MS} ms longer, by a library that is loaded before the C library",
        inject=_slow,
        where=database_on_a_failing_disk,
        mixes=False,
        seconds=15,
        needs=c_compiler,
    ),
    Fault(
        name="database's disk fails a write of its log",
        how="one fdatasync of the write-ahead log returns EIO: PostgreSQL ends all sessions, and recovers by itself",
        inject=_fails("fdatasync", COMMIT),
        where=database_on_a_failing_disk,
        mixes=False,
        needs=c_compiler,
    ),
    Fault(
        name="database's disk fails a checkpoint",
        how="one fsync of a CHECKPOINT returns EIO: PostgreSQL ends all sessions, and recovers by itself",
        inject=_fails("fsync", "CHECKPOINT"),
        where=database_on_a_failing_disk,
        mixes=False,
        needs=c_compiler,
    ),
)
