"""Rows of a list that are kept: each is rendered once, none is shown for another entry, and they are bounded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reader.html import rows
from reader.html.row_links import SharedValues
from reader.html.rows import Rows
from reader.model import Entry

AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
ENTRY = Entry(
    id=7,
    workspace_id="org_a",
    action="member.added",
    actor_type="user",
    actor_id="user_1",
    subject_type="member",
    subject_id="mem_1",
    occurred_at=AT,
    recorded_at=AT,
    channel="web",
    source=None,
    event_source="/services/members",
    event_id="1",
    facets=["role:admin"],
    actor_email="dana@harbourpine.example",
    subject_label="Sam",
    diff='{"changes":{}}',
)
OTHERS: dict[str, Any] = {
    **{name: "other" for name, value in ENTRY._asdict().items() if isinstance(value, str)},
    "id": 8,
    "occurred_at": AT + timedelta(seconds=1),
    "recorded_at": AT + timedelta(seconds=1),
    "source": "mcp",
    "facets": ["role:member"],
    "diff": '{"changes":{"/role":{"after":"admin"}}}',
    "is_cut": True,
}


class Macros:
    """Stands in for the template, and counts what it renders."""

    def __init__(self, length: int = 1) -> None:
        self.rendered, self._length = 0, length

    def rows(self) -> Rows:
        return Rows(lambda entry_id, _leads: f"<{entry_id}", self._rest)

    def _rest(self, entry_id: int, *_: object) -> str:
        assert isinstance(_[-1], SharedValues)
        self.rendered += 1
        return f"{entry_id}>".ljust(self._length)


def test_a_row_is_rendered_once() -> None:
    """The database makes a new entry for each request, which has the same values."""
    macros = Macros()
    kept = macros.rows()
    assert kept.row(ENTRY) == kept.row(ENTRY._replace(facets=list(ENTRY.facets)))
    assert macros.rendered == 1


@pytest.mark.parametrize("field", Entry._fields)
def test_an_entry_with_another_value_has_a_row_of_its_own(field: str) -> None:
    """Above all one of another workspace, whatever its id is."""
    macros = Macros()
    kept = macros.rows()
    kept.row(ENTRY)
    kept.row(ENTRY._replace(**{field: OTHERS[field]}))
    assert macros.rendered == 2


@pytest.mark.parametrize(("length", "times"), [(rows.MAX_ROW_LENGTH - 14, 1), (rows.MAX_ROW_LENGTH - 13, 2)])
def test_a_long_row_is_not_kept(length: int, times: int) -> None:
    """Row and diff together, so that all that is kept is bounded in bytes."""
    macros = Macros(length)
    kept = macros.rows()
    assert len(ENTRY.diff or "") == 14
    kept.row(ENTRY)
    kept.row(ENTRY)
    assert macros.rendered == times


def test_what_is_asked_for_stays_and_what_is_not_goes() -> None:
    """The first page stays, however many other pages are read meanwhile; of the others, no more than the bound."""
    macros = Macros()
    kept = macros.rows()
    many = 5 * rows.MAX_ROWS
    for number in range(many):
        kept.row(ENTRY)
        kept.row(ENTRY._replace(id=100 + number))
    assert macros.rendered == 1 + many

    for number in reversed(range(many)):
        kept.row(ENTRY._replace(id=100 + number))
    assert macros.rendered - 1 - many >= many - 2 * rows.MAX_ROWS
