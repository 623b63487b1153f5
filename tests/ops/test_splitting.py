"""One database becomes two by docs/runbook.md, line by line, under load, with a consumer killed: nothing is lost or doubled."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from catalog.cells import parse_cell
from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from sandbox.services.standby import REPLICATION, standby_of
from tests.e2e.world import World, operate
from tests.ops.load import flows, load
from tests.ops.runbook import Procedure

HALVES = ("1/2", "2/2")


@pytest.fixture
def pair(kafka: KafkaBroker, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """A primary and its standby, each as a world of the same topics."""
    with ExitStack() as opened:
        primary = opened.enter_context(PostgresServer(settings=REPLICATION))
        migrate(primary.create_database("audit"), lambda _: None)
        standby = opened.enter_context(standby_of(primary))
        worlds = []
        for name, server in (("first", primary), ("second", standby)):
            (tmp_path / name).mkdir()
            worlds.append(opened.enter_context(World(kafka.bootstrap, server.url("audit"), tmp_path / name)))
        first, second = worlds
        second.topics, second.group = first.topics, first.group
        yield first, second


def identities(world: World) -> set[tuple[str, ...]]:
    """The entries of a database."""
    rows = world.rows("SELECT workspace_id, event_source, event_id FROM audit_event")
    return {(row["workspace_id"], row["event_source"], row["event_id"]) for row in rows}


def test_splitting_a_cell(pair: tuple[World, World]) -> None:
    """A standby becomes the second half while records come; a consumer of it is killed at once."""
    drill, (first, second) = Procedure("Splitting a cell"), pair
    topic = first.topic(3)
    whole = first.consumer("run")
    with load(first, [topic], workspaces=40):
        flows(first, whole)
        drill.line("kill -TERM PID")
        assert whole.stop() == 0
        behind = drill.line("SELECT pg_wal_lsn_diff")
        first.until(lambda: first.value(behind) == 0, "the standby has everything")
        assert second.value(drill.line("SELECT pg_promote")) is True
        before = identities(first)
        assert before == identities(second) != set()
        for world, cell in zip(pair, HALVES, strict=True):
            operate(world, *drill.command("cells set", first=HALVES[0], second=HALVES[1]))
            world.environ["AUDIT_CELL"] = cell
        consumers = [world.consumer(*drill.command("run")) for world in pair]
        for world, consumer in zip(pair, consumers, strict=True):
            flows(world, consumer)
        consumers[1].kill()
        consumers[1] = second.consumer("run")
        flows(second, consumers[1])
    for world, consumer in zip(pair, consumers, strict=True):
        world.until_read(consumer)
    operate(first, *drill.command("cells check", url_1=first.database_url, url_2=second.database_url))
    operate(second, *drill.command("status"))
    drill.over()
    taking = Procedure("Taking a log out")
    for statement in (*["ALTER TABLE"] * 3, "TRUNCATE", *["ALTER TABLE"] * 3):
        second.rows(taking.line(statement))
    operate(second, *taking.command("status --verify"))
    taking.over()
    planned = set(+first.recorded)
    assert before < planned
    for world, cell in zip(pair, HALVES, strict=True):
        share = parse_cell(cell).share
        since = identities(world) - before
        assert since == {identity for identity in planned - before if share.has(identity[0].encode())}
        world.check_accounts()
    assert [consumer.stop() for consumer in consumers] == [0, 0]
