"""Two cells on the same topics: together they have what one has, each record once, whoever dies meanwhile."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from catalog.cells import WHOLE, Cell
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from tests.builders import Message, event, events
from tests.conftest import TEMPLATE
from tests.e2e.world import World, operate

WORKSPACES = 40
HALVES = WHOLE.halves
ENTRIES = "SELECT workspace_id, event_source, event_id, encode(content_digest, 'hex') AS digest FROM audit_event"


@pytest.fixture
def cells(kafka: KafkaBroker, postgres: PostgresServer, tmp_path: Path) -> Iterator[dict[Cell, World]]:
    """A world for all keys and one for each half: databases of their own, the same broker, topics and group name."""
    with ExitStack() as opened:
        worlds: dict[Cell, World] = {}
        for cell in (WHOLE, *HALVES):
            name = f"test_{uuid.uuid4().hex[:12]}"
            url = postgres.create_database(name, TEMPLATE)
            opened.callback(postgres.drop_database, name)
            folder = tmp_path / name
            folder.mkdir()
            world = worlds[cell] = opened.enter_context(World(kafka.bootstrap, url, folder))
            world.topics, world.group = worlds[WHOLE].topics, worlds[WHOLE].group
            world.environ["AUDIT_CELL"] = str(cell)
            if cell != WHOLE:
                operate(world, "cells", "set", str(cell), "--reason", "test")
        yield worlds


def of_everything() -> list[Message]:
    """Records of every outcome that needs no other record, over many workspaces."""
    messages = events(300, workspaces=WORKSPACES)
    for number in range(WORKSPACES):
        workspace = f"org_{number}"
        signed_in = event("member.signed_in", workspace=workspace)
        messages += [
            signed_in,
            signed_in._replace(value=None),
            event("member.role_changed", "no_change", workspace=workspace),
            event("billing.subscription_changed", "unknown_plan", workspace=workspace),
        ]
    keyless = event()._replace(key=None)
    return [*messages, keyless, keyless._replace(value=None), *messages[:20]]


def entries(world: World) -> set[tuple[str, ...]]:
    """The entries of a database, by identity and content."""
    return {tuple(row.values()) for row in world.rows(ENTRIES)}


def outcomes(world: World) -> Counter[str]:
    """What became of the records, but for those of other cells."""
    total = Counter[str]()
    for row in world.progress().values():
        names = ("recorded", "duplicate", "conflict", "parked", "ignored_not_audited", "ignored_tombstone")
        total.update({name: row[name] for name in (*names, "ignored_no_change")})
    return +total


def test_two_cells_have_what_one_has(cells: dict[Cell, World]) -> None:
    """Each entry in the one database that its key says, and each outcome counted as often as without cells."""
    whole = cells[WHOLE]
    topic = whole.topic(3)
    whole.send(topic, of_everything(), "mixed")
    for world in cells.values():
        world.run_until_end(AUDIT_BREAKER="1000,100%/1000")
        world.check_accounts()
        operate(world, "status")
    first, second = (cells[half] for half in HALVES)
    assert entries(first) | entries(second) == entries(whole)
    for half in HALVES:
        of_half = entries(cells[half])
        assert of_half
        assert all(half.share.has(workspace.encode()) for workspace, *_ in of_half)
    assert outcomes(first) + outcomes(second) == outcomes(whole)
    assert len(outcomes(whole)) == 6, "each outcome was met"
    operate(first, "cells", "check", first.database_url, second.database_url)
    halves_with_keyless = [
        world for world in (first, second) if world.value("SELECT count(*) FROM parked_record WHERE key IS NULL")
    ]
    assert halves_with_keyless == [second]


def test_killed_consumers_of_cells_lose_and_double_nothing(cells: dict[Cell, World]) -> None:
    """Two consumers of each cell, one of each killed while records come; the cells do not know of each other."""
    whole = cells[WHOLE]
    topic = whole.topic(4)
    halves = [cells[half] for half in HALVES]
    # Steps of every batch: the partitions of a consumer may hold nothing but records of the other cell.
    steps = ("before_commit:3", "after_fence:2")
    doomed = [world.consumer(failpoint=[step, "kill"]) for world, step in zip(halves, steps, strict=True)]
    heirs = [world.consumer() for world in halves]

    def all_died() -> bool:
        whole.send(topic, events(600, workspaces=WORKSPACES))
        return all(program.exit_code is not None for program in doomed)

    whole.until(all_died, "each dies at its step", of=heirs)
    for world, heir in zip(halves, heirs, strict=True):
        world.until_read(heir)
        assert heir.stop() == 0
        world.check_accounts()
    identities = [{row[:3] for row in entries(world)} for world in halves]
    assert identities[0].isdisjoint(identities[1])
    assert identities[0] | identities[1] == set(+whole.recorded)
    operate(halves[0], "cells", "check", *(world.database_url for world in halves))


def test_a_consumer_of_another_cell_stops(cells: dict[Cell, World]) -> None:
    """It says which cell the database is, and has written nothing; so does one whose database becomes another cell."""
    first = cells[HALVES[0]]
    topic = cells[WHOLE].topic()
    cells[WHOLE].send(topic, events(50, workspaces=WORKSPACES))
    for cell in ("2/2", "1/1"):
        program = first.consumer("run", AUDIT_CELL=cell)
        assert program.wait() == 1
        assert f"is cell 1/2, and AUDIT_CELL says {cell}" in program.tail()
    assert (first.count("audit_event"), first.count("partition_progress")) == (0, 0)
    program = first.consumer("run")
    first.until_read(program)
    operate(first, "cells", "set", "1/4", "--reason", "split")
    cells[WHOLE].send(topic, events(50, workspaces=WORKSPACES))
    assert program.wait() == 1
    assert "is cell 1/4, and AUDIT_CELL says 1/2" in program.tail()
