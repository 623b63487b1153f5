"""`status`: the accounting check, and what is reported when something is unavailable or missing."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from catalog.reasons import HaltCause
from consumer.kafka import admin
from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from tests.builders import Message, event
from tests.integration.commands.conftest import TOPIC, Cli, Consumer

Rows = Callable[..., list[tuple[Any, ...]]]
COUNTS = ("recorded", "duplicate", "conflict", "ignored", "parked", "gap", "undelivered", "reread")


@pytest.fixture
def read(consumer: Consumer) -> None:
    """Six records with five outcomes: recorded (2), duplicate, conflict, ignored, parked."""
    first = event()
    changed = first.with_headers(ce_time="2026-01-01T00:00:00Z")
    consumer.reads(first, first, changed, event("member.signed_in"), event().with_headers(ce_type="x.y"), event())


def data(cli: Cli, *options: str, code: int = 0) -> dict[str, Any]:
    """What `status --format json` says."""
    result = cli.run("status", "--format", "json", *options)
    assert result.exit_code == code, result.output
    status: dict[str, Any] = json.loads(result.stdout)
    return status


@pytest.mark.usefixtures("read")
def test_balance_of_all_outcomes(cli: Cli) -> None:
    """Every outcome is counted, per partition and in total, and the sum is the offsets that were passed."""
    status = data(cli, "--count-entries")
    (partition,) = status["partitions"]
    assert status["totals"] == dict(zip(COUNTS, (2, 1, 1, 1, 1, 0, 0, 0), strict=True))
    assert [partition[name] for name in COUNTS] == list(status["totals"].values())
    assert (partition["next_offset"], partition["ignored_not_audited"], partition["findings"]) == (6, 1, [])
    assert (status["balanced"], status["entries"], status["conflicts"]) == (True, 2, 1)
    assert status["parked_unresolved"] == {"unknown_type": 1}
    assert "The accounting balances" in cli.ok("status")


CONTRADICTIONS = {
    "parked = parked + 1, recorded = recorded - 1": "2 counted as parked, 1 kept",
    "parked = parked - 1, recorded = recorded + 1": "0 counted as parked, 1 kept",
    "conflict = conflict + 1, recorded = recorded - 1": "2 counted as conflict, 1 kept",
    "gap = gap + 1, recorded = recorded - 1": "1 offsets counted as gaps, 0 in gaps",
    "reread = reread + 1, recorded = recorded + 1": "1 offsets counted as given back, 0 by",
}


@pytest.mark.usefixtures("read")
def test_counter_that_the_rows_contradict(cli: Cli, rows: Rows) -> None:
    """A row of progress that balances in itself, but not with the rows it counts, is a finding and exit code 1."""
    for change, words in CONTRADICTIONS.items():
        rows("CREATE TABLE saved AS SELECT parked, recorded, conflict, gap, reread FROM partition_progress")
        rows(f"UPDATE partition_progress SET {change}")
        status = data(cli, code=1)
        assert any(finding.startswith(words) for finding in status["partitions"][0]["findings"]), status["partitions"]
        assert "does not balance" in cli.run("status").stdout
        rows(
            "UPDATE partition_progress AS p SET (parked, recorded, conflict, gap, reread) = "
            "(s.parked, s.recorded, s.conflict, s.gap, s.reread) FROM saved AS s"
        )
        rows("DROP TABLE saved")
    assert data(cli)["balanced"]


@pytest.mark.usefixtures("read")
def test_sum_is_computed_here_again(cli: Cli, rows: Rows) -> None:
    """Should the database's own check be gone, an offset without an outcome is still found."""
    rows("ALTER TABLE partition_progress DROP CONSTRAINT partition_progress_balanced")
    rows("UPDATE partition_progress SET next_offset = next_offset + 3")
    assert data(cli, code=1)["partitions"][0]["findings"] == ["3 offsets passed without an outcome"]


@pytest.mark.usefixtures("read")
def test_missing_entry_is_found_by_counting(cli: Cli, rows: Rows) -> None:
    """An entry that is counted and not there is found with --count-entries, which alone looks."""
    rows("UPDATE partition_progress SET recorded = recorded + 1, duplicate = duplicate - 1")
    assert data(cli)["balanced"]
    status = data(cli, "--count-entries", code=1)
    assert status["entry_findings"] == [f"{TOPIC.topic}/0: 3 recorded or replayed, 2 entries"]


def test_halt_is_shown_first_with_what_to_do(cli: Cli, consumer: Consumer) -> None:
    """A halted partition is said before anything else, with the command that lets it go on; it is not an imbalance."""
    consumer.halts(HaltCause.BREAKER, "20 records parked in a row")
    consumer.claims(TOPIC._replace(number=1), 5, 9)
    table = cli.ok("status", COLUMNS="80")
    first, second = (table.index(f"{TOPIC.topic}/{number} is halted") for number in (0, 1))
    assert max(first, second) < table.index("next")
    assert f"audit-consumer resume {TOPIC.topic} 0 --reason" in table
    assert "audit-consumer gaps accept 1 --reason" in table
    assert max(map(len, table.splitlines())) <= 80
    assert "\x1b" not in table


def test_missing_registry_setting_needs_a_restart(cli: Cli, consumer: Consumer) -> None:
    """A resumed partition would halt again before the restart, and is not halted after it: status does not say `resume`."""
    consumer.halts(HaltCause.REGISTRY_UNSET, "a Confluent-framed record")
    table = cli.ok("status")
    assert "restart the consumer" in table
    assert "resume" not in table
    consumer.claims(TOPIC, 0, 9)
    assert "is not halted" in cli.refused("resume", TOPIC.topic, "0", "--reason", "x")


def test_nothing_read_yet(cli: Cli) -> None:
    """A fresh database balances."""
    assert "No partition has been read yet" in cli.ok("status")


@pytest.mark.usefixtures("read")
def test_brokers_unavailable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the brokers unavailable, or not set, the database's part is shown, and why there is no lag."""
    monkeypatch.setattr(admin, "SECONDS", 0.3)
    cli.environ["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{free_port()}"
    status = data(cli)
    assert "cannot be listed" in status["kafka"]
    assert (status["partitions"][0]["lag"], status["partitions"][0]["next_offset"]) == (None, 6)
    assert "Ends and lag are not known" in cli.ok("status")
    assert "is not set" in cli.ok("status", KAFKA_BOOTSTRAP_SERVERS="")


COMMANDS = (
    ("status",),
    ("parked", "list"),
    ("parked", "replay", "--all", "--reason", "x"),
    ("gaps", "list"),
    ("gaps", "accept", "1", "--reason", "x"),
    ("resume", "t", "0", "--reason", "x"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_database_unavailable(bare: Cli, command: tuple[str, ...]) -> None:
    """With the database away each command is one line and exit code 1; the password is not in it."""
    url = f"postgresql://u:sesame@127.0.0.1:{free_port()}/audit"
    words = bare.refused(*command, DATABASE_URL=url)
    assert "the database is unavailable" in words
    assert "sesame" not in words


def test_database_that_was_never_migrated(bare: Cli, postgres: PostgresServer) -> None:
    """For an empty database, the command that fixes it is named."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE test_empty")
    assert "run `audit-consumer migrate`" in bare.refused("status", DATABASE_URL=postgres.url("test_empty"))


def test_older_and_newer_schema(cli: Cli, rows: Rows) -> None:
    """A schema of another version is refused with both numbers, before anything is read."""
    rows("INSERT INTO schema_migration (version, name, sha256) VALUES (999, 'later', '')")
    assert "schema version 999, newer than" in cli.refused("status")
    rows("DELETE FROM schema_migration WHERE version > 1")
    assert "run `audit-consumer migrate`" in cli.refused("status")


def test_login_without_the_role(bare: Cli, postgres: PostgresServer, database_url: str) -> None:
    """If a login may not act as operator, the role that it needs is named."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS nobody_special")
        admin.execute("CREATE ROLE nobody_special LOGIN PASSWORD 'x'")
    name = database_url.rpartition("/")[2]
    url = postgres.url(name, user="nobody_special", password="x")
    assert "GRANT audit_operator TO" in bare.refused("status", DATABASE_URL=url)


def test_malformed_url(bare: Cli) -> None:
    """A DATABASE_URL that is none is a wrong setting, and is not repeated."""
    result = bare.run("status", DATABASE_URL="postgresql:/u:sesame")
    assert result.exit_code == 2
    assert "DATABASE_URL: is no libpq URL" in result.stderr
    assert "sesame" not in result.output


def test_commands_run_as_the_operator(cli: Cli, rows: Rows, consumer: Consumer) -> None:
    """An over-privileged login has no more than audit_operator has: without its grant the command is refused."""
    consumer.reads(Message(None, None, ()))
    rows("REVOKE SELECT ON parked_record FROM audit_operator")
    assert "permission denied" in cli.refused("parked", "list")


@pytest.mark.usefixtures("read")
def test_complete_through_that_is_yet_to_come_is_not_shown(cli: Cli, rows: Rows) -> None:
    """The database's clock has gone back: it is no evidence, and `status` says why there is none."""
    rows("UPDATE partition_progress SET complete_through = clock_timestamp() + interval '1 hour'")
    assert data(cli)["partitions"][0]["complete_through"] is None
    assert f"what {TOPIC.topic}/{TOPIC.number} had as complete through is yet to come" in cli.ok(
        "status", COLUMNS="300"
    )
    rows("UPDATE partition_progress SET complete_through = clock_timestamp()")
    assert data(cli)["partitions"][0]["complete_through"] is not None
    assert "yet to come" not in cli.ok("status")
