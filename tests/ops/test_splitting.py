"""One database becomes two by docs/runbook.md, line by line, under load, with a consumer killed: nothing is lost or doubled."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from catalog.cells import parse_cell
from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from sandbox.services.standby import REPLICATION, standby_of
from tests.builders import WORKSPACE
from tests.e2e.world import World, operate
from tests.integration.export.world import World as Sealing
from tests.integration.reader.program import Program as Reader
from tests.integration.reader.site import ADMIN
from tests.ops.load import flows, load
from tests.ops.runbook import Procedure

HALVES = ("1/2", "2/2")
WORKSPACES = 40


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


@contextmanager
def sealing(world: World, folder: Path) -> Iterator[Sealing]:
    """A folder and a key with which a world's database is sealed."""
    folder.mkdir()
    with Sealing(world.database_url, folder) as running:
        yield running


def seals(sealed: Sealing) -> int:
    """How many seals its folder has."""
    records = sealed.folder / "records"
    return records.read_text().count("callmine-audit-seal/1") if records.exists() else 0


def ended(sealer: "subprocess.Popen[str]") -> bool:
    """Whether it ends well when it is told to."""
    sealer.send_signal(signal.SIGTERM)
    sealer.communicate(timeout=60)
    return sealer.returncode == 0


def one_of_each() -> list[str]:
    """A workspace of each half."""
    names = [f"{WORKSPACE}{number}" for number in range(WORKSPACES)]
    return [next(name for name in names if parse_cell(half).share.has(name.encode())) for half in HALVES]


def answers(reader: Reader) -> list[int]:
    """The status of the page of a workspace of each half."""
    return [reader.get("/v1/audit-events", ADMIN._replace(workspace_id=name)).status_code for name in one_of_each()]


def exports(sealed: Sealing) -> list[int]:
    """The exit codes of packages of a workspace of each half, of a day that is over."""
    day = {"from": "2026-01-01", "to": "2026-01-02"}
    return [sealed.create(name, workspace=name, **day).exit for name in one_of_each()]


def begin_a_log(second: World, apart: Sealing) -> None:
    """The copied log leaves the second half, by the runbook's lines, and one of another name begins."""
    assert second.count("audit_seal") > 0
    taking = Procedure("Taking a log out")
    for statement in (*["ALTER TABLE"] * 3, "TRUNCATE", *["ALTER TABLE"] * 3):
        second.rows(taking.line(statement))
    operate(second, *taking.command("status --verify"))
    taking.over()
    key = str(apart.path / "log-2")
    assert apart.run("keygen", "audit.example.com/cell-2-of-2/log", "--out", key).exit == 0
    assert apart.seal(AUDIT_SEAL_KEY=f"{key}.key").exit == 0
    assert seals(apart) == second.count("audit_seal") == 1


def move(reader: Reader, drill: Procedure, pair: tuple[World, World]) -> None:
    """The reader, which was told of one database that is now a half of another, is restarted with both."""
    assert answers(reader) == [503, 503]
    drill.line("kill -TERM READER_PID")
    assert reader.stop() == 0
    urls = (world.database_url for world in pair)
    reader.environ["DATABASE_URL"] = " ".join(f"{half}={url}" for half, url in zip(HALVES, urls, strict=True))
    drill.line("audit-reader serve")
    reader.start()
    drill.line("curl ")
    pair[0].until(lambda: reader.get("/readyz", None).status_code == 200, "the reader is ready")
    assert answers(reader) == [200, 200]


def test_splitting_a_cell(pair: tuple[World, World], tmp_path: Path) -> None:
    """A standby becomes the second half while records come; a consumer of it is killed at once."""
    with (
        sealing(pair[0], tmp_path / "sealing") as sealed,
        sealing(pair[1], tmp_path / "sealing-2") as apart,
        Reader(pair[0].database_url) as reader,
    ):
        split(pair, sealed, apart, reader)


def split(pair: tuple[World, World], sealed: Sealing, apart: Sealing, reader: Reader) -> None:
    """The procedure: `sealed` is the first database's log, `apart` becomes the second one's."""
    drill, (first, second) = Procedure("Splitting a cell"), pair
    for _ in ("consumer", "scaler"):
        drill.line("kafka-acls.sh")  # this broker has no ACLs; tests/security/test_kafka.py runs them on one that has
    topic = first.topic(3)
    whole = first.consumer("run")
    with load(first, [topic], workspaces=WORKSPACES):
        flows(first, whole)
        sealer = sealed.start()
        first.until(lambda: seals(sealed) > 0, "it is sealed", of=[whole])
        drill.line("kill -TERM PID")
        assert whole.stop() == 0
        drill.line("kill -TERM SEALER_PID")
        assert ended(sealer)
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
        before_the_split = seals(sealed)
        sealer = sealed.start(sys.executable, "-m", "export", *drill.command("seal", "audit-export"))
        first.until(lambda: seals(sealed) > before_the_split, "the first half's log goes on", of=consumers)
        move(reader, drill, pair)
        consumers[1].kill()
        consumers[1] = second.consumer("run")
        flows(second, consumers[1])
    for world, consumer in zip(pair, consumers, strict=True):
        world.until_read(consumer)
    operate(first, *drill.command("cells check", url_1=first.database_url, url_2=second.database_url))
    operate(second, *drill.command("status"))
    drill.over()
    assert ended(sealer)
    assert exports(sealed) == [0, 2]
    begin_a_log(second, apart)
    planned = set(+first.recorded)
    assert before < planned
    for world, cell in zip(pair, HALVES, strict=True):
        share = parse_cell(cell).share
        since = identities(world) - before
        assert since == {identity for identity in planned - before if share.has(identity[0].encode())}
        world.check_accounts()
    assert [consumer.stop() for consumer in consumers] == [0, 0]
