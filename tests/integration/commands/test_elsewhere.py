"""`status` where it is needed most: on a standby, on a read-only server, beside an open transaction, with a clock that is off."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.operator import accounting, clock
from consumer.operator.accounting import LogBounds
from runtime.postgres import connect
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.builders import event
from tests.e2e.world import World
from tests.integration.commands.conftest import TOPIC, Cli, Consumer
from tests.integration.commands.test_verify import EDIT

Rows = Callable[..., list[tuple[Any, ...]]]
WHY = ("--reason", "INC-311")
NOTHING_FOUND = {"entries": 1, "schema_findings": [], "digest_mismatches": 0, "digest_findings": []}


@pytest.fixture
def standby(postgres: PostgresServer, database_url: str, consumer: Consumer) -> Iterator[str]:
    """The URL of the test's database on a hot standby of the server, which has what the consumer wrote."""
    consumer.reads(event(), event().with_headers(ce_type="x.y"))
    backup = postgres.base_backup()
    (backup / "standby.signal").touch()
    settings = {"fsync": "off", "primary_conninfo": postgres.dsn}
    with PostgresServer(settings=settings, data_from=backup, password=postgres.password) as server:
        yield server.url(database_url.rpartition("/")[2])


def test_status_on_a_standby(standby: str) -> None:
    """What only reads works on a hot standby; what decides is refused in a line there, with exit code 1."""
    cli = Cli({"DATABASE_URL": standby})
    status = json.loads(cli.ok("status", "--count-entries", "--format", "json"))
    assert (status["totals"]["recorded"], status["entries"], status["balanced"]) == (1, 1, True)
    assert "unknown_type" in cli.ok("parked", "list")
    assert "unknown_type" in cli.ok("parked", "show", "1")
    assert cli.ok("gaps", "list") == "No gap waits for an operator.\n"
    assert "standby" in cli.refused("parked", "dismiss", "1", *WHY)


def test_verification_on_a_standby(standby: str, rows: Rows) -> None:
    """Schema and entries are compared there as on the primary, and what was changed on the primary is found once it is replayed."""
    cli = Cli({"DATABASE_URL": standby})

    def verified(code: int) -> dict[str, Any]:
        result = cli.run("status", "--verify", "--format", "json")
        assert result.exit_code == code, result.output
        verification: dict[str, Any] = json.loads(result.stdout)["verification"]
        return verification

    assert verified(0) == NOTHING_FOUND
    ((entry_id,),) = rows("SELECT id FROM audit_event")
    rows(EDIT.format(change="actor_id = 'x'", id=entry_id))
    rows("ALTER TABLE audit_event_p05 DISABLE TRIGGER append_only_truncate")
    newest = rows("SELECT pg_current_wal_lsn()")
    with psycopg.connect(standby, autocommit=True) as there:
        replayed = "SELECT pg_last_wal_replay_lsn() >= %s::text::pg_lsn"
        assert wait_until(lambda: there.execute(replayed, newest[0]).fetchone() == (True,), 10)
    report = verified(1)
    assert [finding.partition(" of ")[0] for finding in report["digest_findings"]] == [f"entry {entry_id}"]
    assert ["append_only_truncate" in finding for finding in report["schema_findings"]] == [True]


def test_status_on_a_read_only_server(cli: Cli, consumer: Consumer, rows: Rows, database_url: str) -> None:
    """A database that takes no writes for now (full, or being moved) still says where it is, and whether it is as it was written."""
    consumer.reads(event())
    name = database_url.rpartition("/")[2]
    rows(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    status = json.loads(cli.ok("status", "--verify", "--format", "json"))
    assert (status["totals"]["recorded"], status["verification"]) == (1, NOTHING_FOUND)


@pytest.mark.parametrize(("seconds", "words"), [(-3600.0, "3,600 s behind"), (90.0, "90 s ahead of"), (4.0, None)])
def test_clock_that_is_off_is_reported(
    seconds: float, words: str | None, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line and a figure where this machine's clock is more than a few seconds from the database's."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
    output = cli.ok("status")
    assert (words is None) == ("clock is" not in output)
    assert words is None or words in output
    assert json.loads(cli.ok("status", "--format", "json"))["clock_ahead_seconds"] == pytest.approx(seconds, abs=2)


def test_clock_within_the_question_is_right(database_url: str) -> None:
    """A difference that the question's own time explains is none."""
    with connect(database_url, "audit_operator", "test") as connection:
        assert clock.clock_ahead(connection) == 0


def test_open_transaction_is_reported(world: World) -> None:
    """A partition whose last records wait for a producer's transaction says so, with the offset; afterwards no more."""
    topic = world.topic()
    cli = Cli({"DATABASE_URL": world.database_url, "KAFKA_BOOTSTRAP_SERVERS": world.bootstrap, "AUDIT_TOPICS": topic})
    world.send(topic, [event() for _ in range(3)])
    world.run_until_end()
    producer = world.producer(**{"transactional.id": topic})
    producer.init_transactions(10)
    producer.begin_transaction()
    world.send(topic, [event()], producer=producer)
    world.send(topic, [event() for _ in range(2)])
    (partition,) = json.loads(cli.ok("status", "--format", "json"))["partitions"]
    assert (partition["last_stable_offset"], partition["end"], partition["lag"]) == (3, 6, 3)
    assert "an open transaction of a producer begins at offset 3" in cli.ok("status", COLUMNS="200")
    world.end_transaction(producer, commit=True)
    wait_until(lambda: json.loads(cli.ok("status", "--format", "json"))["partitions"][0]["last_stable_offset"] == 7, 10)
    assert "open transaction" not in cli.ok("status")
    world.run_until_end()
    world.check()


def test_held_back_is_known_or_not_reported() -> None:
    """Without both figures, or with the two equal, nothing is said."""
    other = Partition("other", "id", 0)
    logs = LogBounds(
        bounds={TOPIC: Bounds(0, 9), other: Bounds(0, 9)}, stable_ends={TOPIC: 7}, missing=(), unavailable=None
    )
    assert accounting.held_back(TOPIC, logs) == 7
    assert accounting.held_back(other, logs) is None
    assert accounting.held_back(TOPIC, LogBounds(**{**vars(logs), "stable_ends": {TOPIC: 9}})) is None
    assert accounting.held_back(Partition("x", "id", 0), logs) is None
