"""What is set up wrongly in PostgreSQL: a grant or a column is missing, a password has changed; and a pooler between."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from psycopg.conninfo import make_conninfo

from sandbox.services.pgbouncer import PgBouncer
from tests.faults.catalog.needs import pgbouncer
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.services import database

LOGIN = "audit_login"


def _taken(take: str, give: str, *, sealer: bool = False) -> Callable[[Experiment], AbstractContextManager[None]]:
    """It is a wrong deployment: the consumer ends, and the sealer where it needs it; they are started when it has been mended."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        experiment.world.rows(take)
        experiment.ended(experiment.consumer)
        if sealer:
            experiment.beside.sealer.ended(1)
        yield
        experiment.world.rows(give)
        if sealer:
            experiment.beside.sealer.start()
        experiment.start()

    return inject


@contextmanager
def _password_changed(experiment: Experiment) -> Iterator[None]:
    world, services = experiment.world, experiment.services
    world.rows(f"CREATE ROLE {LOGIN} LOGIN NOINHERIT PASSWORD 'first'")
    world.rows(f"GRANT audit_writer, audit_operator, audit_reader, audit_sealer TO {LOGIN}")
    assert experiment.consumer.stop() == 0
    url = make_conninfo(services.settings["DATABASE_URL"], user=LOGIN, password="first")
    experiment.beside.restart(url)
    experiment.start(environ={"DATABASE_URL": url})
    experiment.until(lambda: bool(experiment.consumer.logged("claimed")), "it has partitions")
    world.rows(f"ALTER ROLE {LOGIN} PASSWORD 'second'")
    services.database_link.reset()
    experiment.ended(experiment.consumer)
    experiment.beside.sealer.ended(1)
    yield
    experiment.beside.start(make_conninfo(url, password="second"))
    experiment.start(environ={"DATABASE_URL": make_conninfo(url, password="second")})


def _pooled(
    harm: Callable[[PgBouncer], None], mend: Callable[[PgBouncer], None]
) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        pooler = experiment.running.enter_context(PgBouncer(experiment.services.postgres))
        experiment.services.database_link.target = pooler.port
        experiment.services.database_link.reset()
        experiment.until(
            lambda: bool(
                experiment.world.rows(
                    "SELECT 1 FROM pg_stat_activity WHERE starts_with(application_name, 'audit-consumer')"
                )
            ),
            "it is connected again",
        )
        harm(pooler)
        yield
        mend(pooler)

    return inject


FAULTS = (
    Fault(
        name="grant taken",
        how="REVOKE on partition_progress; given back, and the consumer started",
        inject=_taken(
            "REVOKE SELECT ON partition_progress FROM audit_writer",
            "GRANT SELECT ON partition_progress TO audit_writer",
        ),
        exits=(1,),
        alerts=frozenset({"AuditConsumerDown"}),
        where=database,
        mixes=False,
    ),
    Fault(
        name="column missing",
        how="ALTER TABLE audit_event RENAME COLUMN trace_id; renamed back, and consumer and sealer started",
        inject=_taken(
            "ALTER TABLE audit_event RENAME COLUMN trace_id TO trace",
            "ALTER TABLE audit_event RENAME COLUMN trace TO trace_id",
            sealer=True,
        ),
        exits=(1,),
        alerts=frozenset({"AuditConsumerDown"}),
        where=database,
        mixes=False,
    ),
    Fault(
        name="password changed",
        how="ALTER ROLE … PASSWORD under a running consumer; started with the new one",
        inject=_password_changed,
        exits=(1,),
        alerts=frozenset({"AuditConsumerDown", "AuditReaderErrors"}),
        where=database,
        mixes=False,
    ),
    Fault(
        name="pooler killed",
        how="PgBouncer in session mode between; SIGKILL, started again later",
        inject=_pooled(PgBouncer.kill, PgBouncer.start),
        alerts=frozenset({"AuditDatabaseTrouble"}),
        mixes=False,
        needs=pgbouncer,
    ),
    Fault(
        name="pooler frozen",
        how="PgBouncer in session mode between; SIGSTOP, then SIGCONT",
        inject=_pooled(PgBouncer.freeze, PgBouncer.thaw),
        alerts=frozenset({"AuditDatabaseTrouble"}),
        mixes=False,
        needs=pgbouncer,
    ),
)
