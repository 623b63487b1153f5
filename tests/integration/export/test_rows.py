"""What PostgreSQL writes is the row of section 3, byte for byte, whatever an entry holds."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export.format.row import encode_row
from export.seal.content import has_its_digest
from export.tables import entries
from export.tables.database import session
from runtime import timestamps
from tests.integration.export.world import INSERT, World

# Whatever PostgreSQL can hold, and more often what means something to a CSV, a spreadsheet or our own wire format.
text = st.text(
    st.one_of(
        st.sampled_from("\"',;=+-@\t\r\n\x1f\\\x7f＝＋－＠ a"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
)
identity = text.filter(lambda value: 0 < len(value.encode()) <= 255)
moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC))  # noqa: DTZ001 bounds
DIFFS = ('{"changes":{}}', '\t{"changes":{"a":"\\u001f\\"b\\",\\"c"}}', ' {"changes":{"x":["a","b",null,1.0]}}')
NOW = {"floor": 0, "before": "1:1:"}

rows = st.fixed_dictionaries(
    {
        "workspace_id": identity,
        "occurred_at": moments,
        "facets": st.lists(text, max_size=3),
        "actor_id": identity,
        "actor_email": st.none() | text,
        "subject_type": text,
        "subject_id": identity,
        "subject_label": st.none() | text,
        "channel": text.filter(lambda value: value != "mcp"),
        "diff": st.sampled_from(DIFFS),
        "event_source": identity,
        "trace_id": st.none() | text,
        "kafka_timestamp": st.none() | moments,
        "kafka_topic": text,
    }
)


def written(world: World, row: dict[str, Any]) -> tuple[list[bytes], list[list[str]], tuple[Any, ...]]:
    """The row as both readers of `entries` give it, and what the database itself has set."""
    with session(world.url, "audit_sealer", "test") as connection:
        world.tamper("DELETE FROM audit_event")
        world.admin.execute(INSERT, row)
        now = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        assert now is not None
        values = {**NOW, "snapshot": now[0]}
        lines = [line for batch in entries.rows(connection, entries.NEW, values) for line in batch]
        cells = [line for batch in entries.cells(connection, entries.NEW, values) for line in batch]
        return lines, cells, world.rows("SELECT id, recorded_at FROM audit_event")[0]


def iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else timestamps.iso(moment.astimezone(dt.UTC))


def facets_cell(facets: list[str]) -> str:
    """As array_to_json writes them: compact, only quote, backslash and controls escaped."""
    return json.dumps(facets, ensure_ascii=False, separators=(",", ":"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(changed=rows)
def test_row_is_as_the_format_says(sealed_world: World, changed: dict[str, Any]) -> None:
    """The line, the line joined from its cells, and the digest that is computed from them."""
    row = sealed_world.entry(**changed)
    lines, cells, (number, recorded_at) = written(sealed_world, row)

    expected = encode_row(
        [
            iso(row["occurred_at"]), row["workspace_id"], str(number), row["action"], facets_cell(row["facets"]),
            row["actor_type"], row["actor_id"], row["actor_email"], row["subject_type"], row["subject_id"],
            row["subject_label"], row["channel"], row["diff"], row["event_source"], row["event_id"], iso(recorded_at),
            row["trace_id"], row["content_digest"].hex(), iso(row["kafka_timestamp"]), row["kafka_topic"],
            str(row["kafka_partition"]), str(row["kafka_offset"]),
        ]
    )  # fmt: skip
    assert lines == [expected]
    assert [entries.join(cell) for cell in cells] == [expected]
    assert has_its_digest(cells[0])
    assert not has_its_digest([*cells[0][:6], cells[0][6] + "x", *cells[0][7:]])


def test_nothing_is_read_beyond_the_window(sealed_world: World) -> None:
    """A snapshot from before the entry does not show it."""
    world = sealed_world
    with session(world.url, "audit_sealer", "test") as connection:
        before = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        assert before is not None
        world.record()
        assert not list(entries.rows(connection, entries.NEW, {**NOW, "snapshot": before[0]}))
        with pytest.raises(StopIteration):
            next(entries.cells(connection, entries.NEW, {**NOW, "snapshot": before[0]}))
