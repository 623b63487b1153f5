"""`status --verify`: every entry against its digest, and the schema against the migrations."""

import json
import os
import pty
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

from catalog.content_digest import content_digest
from consumer.event.model import COLUMNS
from consumer.operator import digests
from consumer.operator.digests import DigestReport, estimate_entries, verify_digests
from runtime.postgres import connect
from tests.builders import ONE_OF_EACH, event
from tests.integration.commands.conftest import TOPIC, Cli, Consumer

Rows = Callable[..., list[tuple[Any, ...]]]
# How a superuser edits an entry and leaves no trace in the schema.
EDIT = """
ALTER TABLE audit_event DISABLE TRIGGER append_only;
UPDATE audit_event SET {change} WHERE id = {id};
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER append_only;
"""
CHANGES = (
    "actor_email = 'bob@example.com'", "actor_email = NULL", "occurred_at = occurred_at - interval '1 microsecond'",
    "facets = facets || '{more:x}'", "diff = replace(diff::text, 'changes', 'changed')::json", "subject_label = 'x'",
    "workspace_id = 'org_other'", "action = 'member.added'", "event_id = 'x'", "channel = 'api'",
    "diff = (diff::text || ' ')::json",
)  # fmt: skip


@pytest.fixture
def entries(consumer: Consumer) -> None:
    """An entry of each of the fourteen types, most with a clock that was ahead, one without, one with text that was replaced."""
    consumer.reads(*[event(ce_type, case) for ce_type, case in ONE_OF_EACH.values()])
    consumer.reads(event().with_headers(ce_time="2020-01-01T00:00:00Z"))
    consumer.reads(event("report.exported", data={"title": "a\0b"}))


def verification(cli: Cli, code: int = 0) -> dict[str, Any]:
    result = cli.run("status", "--verify", "--format", "json")
    assert result.exit_code == code, result.output
    report: dict[str, Any] = json.loads(result.stdout)["verification"]
    return report


@pytest.mark.usefixtures("entries")
def test_entries_are_what_was_sent(cli: Cli, rows: Rows) -> None:
    """Of all types, with clock and sanitized facets: nothing is found, and the words say so."""
    assert rows("SELECT count(*) FROM audit_event WHERE 'clock:ahead' = ANY(facets)") == [(15,)]
    assert rows("SELECT count(*) FROM audit_event WHERE 'sanitized:text' = ANY(facets)") == [(1,)]
    none = {"entries": 16, "schema_findings": [], "digest_mismatches": 0, "digest_findings": []}
    assert verification(cli) == none
    assert "16 entries are what was sent" in cli.ok("status", "--verify")
    assert "what was sent" not in cli.ok("status")


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("entries")
def test_edited_entry_is_named(change: str, cli: Cli, rows: Rows) -> None:
    """Whatever of an entry a superuser edits, it is found by its id, though every trigger is as it was."""
    ((entry_id,),) = rows("SELECT id FROM audit_event WHERE action = 'member.role_changed'")
    rows(EDIT.format(change=change, id=entry_id))
    report = verification(cli, code=1)
    assert (report["schema_findings"], report["digest_mismatches"]) == ([], 1)
    assert report["digest_findings"][0].startswith(f"entry {entry_id} of ")
    table = cli.run("status", "--verify")
    assert f"entry {entry_id} of" in table.stdout and table.exit_code == 1
    assert cli.run("status").exit_code == 0


EVENT_ID = 2  # its place among the columns of the digest
DELETED = """
ALTER TABLE audit_event DISABLE TRIGGER append_only;
DELETE FROM audit_event WHERE action = 'member.role_changed';
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER append_only;
"""


@pytest.mark.usefixtures("entries")
def test_deleted_entry_is_counted(cli: Cli, rows: Rows) -> None:
    """Nothing of it is left to be compared with its digest: the partition's count has it."""
    rows(DELETED)
    result = cli.run("status", "--verify", "--format", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (report["verification"]["digest_mismatches"], report["balanced"]) == (0, False)
    assert report["entry_findings"] == [f"{TOPIC.topic}/{TOPIC.number}: 16 recorded or replayed, 15 entries"]
    assert "15 entries" in cli.run("status", "--verify", COLUMNS="200").stdout


@pytest.mark.usefixtures("entries")
def test_added_entry_is_counted(cli: Cli, rows: Rows) -> None:
    """One with a digest of its own that is right, which only its number gives away."""
    (first, *_), changed = rows(digests.ENTRIES), {"event_id": "'forged'", "content_digest": "%s"}
    _, _, *columns = first
    columns[EVENT_ID] = "forged"
    rows(
        f"INSERT INTO audit_event ({', '.join(COLUMNS)}) "
        f"SELECT {', '.join(changed.get(name, name) for name in COLUMNS)} FROM audit_event WHERE id = %s",
        digests._digest(columns),
        first[0],
    )
    result = cli.run("status", "--verify", "--format", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["verification"]["digest_mismatches"]) == (1, 0)
    assert report["entry_findings"] == [f"{TOPIC.topic}/{TOPIC.number}: 16 recorded or replayed, 17 entries"]


def test_changed_schema_is_named(cli: Cli, rows: Rows) -> None:
    """A trigger that is switched off is said by its name, with exit code 1."""
    rows("ALTER TABLE audit_event_p05 DISABLE TRIGGER append_only_truncate")
    (finding,) = verification(cli, code=1)["schema_findings"]
    assert finding.startswith("trigger append_only_truncate on audit_event_p05 has changed: enabled D")
    assert "append_only_truncate on audit_event_p05" in cli.run("status", "--verify", COLUMNS="200").stdout


@pytest.mark.usefixtures("entries")
def test_findings_are_capped_and_counted(database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries were changed, the first are named and the others counted."""
    monkeypatch.setattr(digests, "MAX_FINDINGS", 3)
    monkeypatch.setattr(digests, "ROWS_AT_A_TIME", 5)
    rows("ALTER TABLE audit_event DISABLE TRIGGER append_only; UPDATE audit_event SET actor_id = actor_id || 'x'")
    batches: list[int] = []
    with connect(database_url, "audit_operator", "test") as connection:
        report = verify_digests(connection, batches.append)
    assert (report.entries, report.mismatches, len(report.first), batches) == (16, 16, 3, [5, 5, 5, 1])
    assert report.findings()[-1] == "13 more entries are not what was sent"


def test_report_without_mismatches_says_nothing() -> None:
    """No finding, no sentence."""
    assert DigestReport(entries=5, mismatches=0, first=()).findings() == []


def test_memory_does_not_grow_with_the_table(database_url: str, rows: Rows, consumer: Consumer) -> None:
    """The rows come some at a time: thirty thousand large entries cost what two thousand do."""
    consumer.reads(event())
    copied = ", ".join({"event_id": "'copy-' || n"}.get(name, name) for name in COLUMNS)
    rows(
        f"INSERT INTO audit_event ({', '.join(COLUMNS)}) SELECT {copied} "
        "FROM audit_event, generate_series(1, 30000) AS n"
    )
    rows("ANALYZE audit_event")
    with connect(database_url, "audit_operator", "test") as connection:
        assert estimate_entries(connection) == 30_001
        tracemalloc.start()
        try:
            report = verify_digests(connection, lambda _: None)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (report.entries, report.mismatches) == (30_001, 30_000)
    assert peak < 8_000_000


def test_login_that_may_become_the_owner_is_warned(cli: Cli, rows: Rows, database_url: str) -> None:
    """A superuser's URL is said on every `status`; a login with its role alone is not."""
    assert "may become audit_owner" in cli.ok("status")
    name = f"plain_{database_url.rpartition('_')[2]}"
    rows(f"CREATE ROLE {name} LOGIN PASSWORD 'x' IN ROLE audit_operator")
    head, _, tail = database_url.partition("@")
    plain = {"DATABASE_URL": f"{head.partition('//')[0]}//{name}:x@{tail}"}
    assert "may become audit_owner" not in cli.ok("status", **plain)
    assert json.loads(cli.ok("status", "--format", "json", **plain))["login_may_become_owner"] is False
    rows(f"DROP ROLE {name}")


@pytest.mark.usefixtures("entries")
def test_bar_is_drawn_on_a_terminal_only(cli: Cli, database_url: str, rows: Rows) -> None:
    """On a terminal the progress shows on standard error; what is printed stays whole."""
    rows("ANALYZE audit_event")
    ours, theirs = pty.openpty()
    environ = {**os.environ, "DATABASE_URL": database_url, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "consumer", "status", "--verify", "--format", "json"]
    process = subprocess.run(
        command, env=environ, stdout=subprocess.PIPE, stderr=theirs, stdin=theirs, timeout=60, check=False
    )
    os.close(theirs)
    drawn = os.read(ours, 65536)
    os.close(ours)
    assert process.returncode == 0
    assert b"16/16" in drawn
    assert json.loads(process.stdout)["verification"]["entries"] == 16
    assert "verifying" not in cli.run("status", "--verify").output


def test_columns_come_in_the_order_of_the_digest() -> None:
    """The query gives the digest's columns by their names, in its order, behind the id and the digest itself."""
    selected = [
        line.strip(" ,").rpartition(" AS ")[2] for line in digests.ENTRIES.partition("SELECT\n")[2].splitlines()[:-1]
    ]
    assert selected == ["id", "content_digest", *signature(content_digest).parameters]
