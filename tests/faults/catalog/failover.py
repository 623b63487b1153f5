"""Another server takes PostgreSQL's place under a running consumer: at the same address, and with rows missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.services.postgres import PostgresServer
from tests.faults.fault import Fault
from tests.faults.place import QUICK, database, pair
from tests.faults.scene import Scene
from tests.ops.load import flows

TOLD = frozenset({"AuditDatabaseTrouble", "AuditReaderErrors"})


@contextmanager
def _promoted(scene: Scene) -> Iterator[None]:
    """The primary dies when its standby has not had the last rows; the standby is promoted, and the address leads to it."""
    place, world = scene.place, scene.world
    assert place.standby is not None and place.replication_link is not None
    place.replication_link.refuse()
    flows(world, scene.consumer)
    scene.beside.sealer.seals(world)
    had = world.count("audit_event")
    place.postgres.kill()
    yield
    place.standby.run("pg_ctl", "promote", "-D", place.standby.data_dir, as_server=True)
    scene.repair(database_url=place.standby.url(place.database))
    assert world.count("audit_event") < had, "the standby has all rows: nothing is shown"
    place.database_link.target = place.standby.port


@contextmanager
def _standby_for_a_while(scene: Scene) -> Iterator[None]:
    """The address leads to a server that takes no writes."""
    place = scene.place
    assert place.standby is not None
    place.database_link.target = place.standby.port
    place.database_link.reset()
    yield
    place.database_link.target = place.postgres.port
    place.database_link.reset()


@contextmanager
def _restored(scene: Scene) -> Iterator[None]:
    """The server is lost, and set up again from a copy that is older; the consumer runs on."""
    place, world = scene.place, scene.world
    backup = place.postgres.base_backup()
    flows(world, scene.consumer)
    scene.beside.sealer.seals(world)
    had = world.count("audit_event")
    place.postgres.kill()
    yield
    again = PostgresServer(settings=QUICK, data_from=backup, password=place.postgres.password)
    scene.running.enter_context(again)
    scene.repair(database_url=again.url(place.database))
    assert world.count("audit_event") < had, "the copy has all rows: nothing is shown"
    place.database_link.target = again.port


FAULTS = (
    Fault(
        name="standby promoted with rows missing",
        how="replication cut, primary killed, standby promoted at the same address",
        inject=_promoted,
        alerts=TOLD,
        where=pair,
        loses=True,
        mixes=False,
    ),
    Fault(
        name="address leads to a standby",
        how="for a while the server at the address takes no writes",
        inject=_standby_for_a_while,
        where=pair,
        mixes=False,
        seconds=5,
    ),
    Fault(
        name="backup restored",
        how="server killed, an older pg_basebackup started at the same address",
        inject=_restored,
        alerts=TOLD,
        where=database,
        loses=True,
        mixes=False,
    ),
)
