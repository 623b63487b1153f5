"""The page shows who did what to what also where a service sent blanks, and its filters go on finding it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from reader.html.entry_view import EntryView, entry_view
from reader.html.row_links import lists, shared_values
from reader.model import Entry, Query, Selection

AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
DIFF = '{"changes":{},"mcp":{"client":" ","tool":" x"},"source":"mcp"}'


def entry(**fields: Any) -> Entry:
    """An edit of a schedule by a person."""
    known: dict[str, Any] = {
        "id": 1, "source": None, "occurred_at": AT, "recorded_at": AT, "workspace_id": "org_1", "action": "schedule.lifecycle_changed",
        "facets": ["operation:edited"], "actor_type": "user", "actor_id": "user_1", "actor_email": None, "subject_type": "schedule",
        "subject_id": "sch_1", "subject_label": None, "channel": "web", "event_source": "/x", "event_id": "e-1", "diff": None,
    }  # fmt: skip
    return Entry(**known | fields)


def facts(view: EntryView) -> dict[str, str]:
    """All facts of an entry's page."""
    return dict((*view.facts, *view.identifiers))


@pytest.mark.parametrize("blank", [" ", "   ", "\u200b", "\u00a0\u3164"])
def test_an_entry_with_blank_names_is_shown_by_ids(blank: str) -> None:
    """In the sentence and in the facts; and the list of this actor is that of the id."""
    blanked = entry(actor_email=blank, subject_label=blank)
    view = entry_view(blanked)

    assert "".join(part.text for part in view.parts) == "user_1 edited the schedule sch_1"
    assert (facts(view)["Actor"], facts(view)["Subject"]) == ("user_1", "sch_1")
    assert facts(view)["Actor's e-mail"].strip()
    assert shared_values(blanked).actor == "user_1"
    assert lists(Query(Selection(), 50), blanked).actor == "/audit?actor=user_1"


def test_blanks_around_a_name_are_seen_in_the_facts() -> None:
    """As in the sentence."""
    edged = entry(actor_email=" a@x.io", subject_label="  x  ", source="mcp", diff=DIFF)
    shown = facts(entry_view(edged))

    assert (shown["Actor"], shown["Actor's e-mail"], shown["Subject"]) == ('" a@x.io"', '" a@x.io"', '"  x  "')
    assert (shown["MCP client"], shown["MCP tool"]) == ('" "', '" x"')
    assert entry_view(edged).source.endswith('· " "')
    assert shared_values(edged).actor == "user_1"


def test_a_name_takes_one_line_of_the_page() -> None:
    """Hundreds of line feeds in it would push all others off the page, or forge a line of their own."""
    diff = '{"changes":{},"mcp":{"client":"a\\nb","tool":"x\\ny"},"source":"mcp"}'
    view = entry_view(entry(actor_email="a\n@x", subject_label="x" + "\n" * 400 + "y", source="mcp", diff=diff))

    shown = [view.source, *(part.text for part in view.parts), *facts(view).values()]
    assert not [text for text in shown if "\n" in text]
