"""Another server takes PostgreSQL's place under a running consumer: at the same address, and with rows missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.services.postgres import PostgresServer
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.services import QUICK, database, pair
from tests.ops.load import flows

ALERTS = frozenset({"AuditDatabaseTrouble", "AuditReaderErrors"})


@contextmanager
def _promoted(experiment: Experiment) -> Iterator[None]:
    """The primary dies when its standby has not had the last rows; the standby is promoted, and the address leads to it."""
    services, world = experiment.services, experiment.world
    assert services.standby is not None and services.replication_link is not None
    services.replication_link.refuse()
    flows(world, experiment.consumer)
    experiment.beside.sealer.seals(world)
    had = world.count("audit_event")
    services.postgres.kill()
    yield
    services.standby.run("pg_ctl", "promote", "-D", services.standby.data_dir, as_server=True)
    experiment.repair(database_url=services.standby.url(services.database))
    assert world.count("audit_event") < had, "the standby has all rows: nothing is shown"
    services.database_link.target = services.standby.port


@contextmanager
def _standby_for_a_while(experiment: Experiment) -> Iterator[None]:
    """The address leads to a server that takes no writes."""
    services = experiment.services
    assert services.standby is not None
    services.database_link.target = services.standby.port
    services.database_link.reset()
    yield
    services.database_link.target = services.postgres.port
    services.database_link.reset()


@contextmanager
def _restored(experiment: Experiment) -> Iterator[None]:
    """The server is lost, and set up again from a copy that is older; the consumer runs on."""
    services, world = experiment.services, experiment.world
    backup = services.postgres.base_backup()
    flows(world, experiment.consumer)
    experiment.beside.sealer.seals(world)
    had = world.count("audit_event")
    services.postgres.kill()
    yield
    again = PostgresServer(settings=QUICK, data_from=backup, password=services.postgres.password)
    experiment.running.enter_context(again)
    experiment.repair(database_url=again.url(services.database))
    assert world.count("audit_event") < had, "the copy has all rows: nothing is shown"
    services.database_link.target = again.port


FAULTS = (
    Fault(
        name="standby promoted with rows missing",
        how="replication cut, primary killed, standby promoted at the same address",
        inject=_promoted,
        alerts=ALERTS,
        where=pair,
        loses=True,
        mixes=False,
    ),
    Fault(
        name="address leads to a standby",
        how="for a while the server at the address takes no writes",
        inject=_standby_for_a_while,
        alerts=frozenset({"AuditDatabaseTrouble"}),
        where=pair,
        mixes=False,
    ),
    Fault(
        name="backup restored",
        how="server killed, an older pg_basebackup started at the same address",
        inject=_restored,
        alerts=ALERTS,
        where=database,
        loses=True,
        mixes=False,
    ),
)
