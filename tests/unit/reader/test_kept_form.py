"""The filter form of a list is kept by its filters: none is shown for others, nothing of a page is in it, and it is bounded."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest

from reader.html import pages
from reader.model import Entry, Listing, Query, Viewer
from reader.query.filters import parse

AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LISTING = Listing(
    query=Query(), entries=(), total=0, as_of="1-2-3", as_of_time=AT, newer=0,
    complete_through=AT, sealed_through=None, next_cursor=None,
)  # fmt: skip
FIELDS: dict[str, Any] = dict.fromkeys(Entry._fields, "x") | {"occurred_at": AT, "recorded_at": AT, "facets": []}


@pytest.fixture(autouse=True)
def _none_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_kept_form", lru_cache(pages.MAX_KEPT_FORMS)(pages._form))


def rendered(pairs: list[tuple[str, str]], workspace: str = "org_a", *entries: Entry) -> str:
    """The page of these filters."""
    viewer = Viewer(f"user_of_{workspace}", "sess_1", workspace, None, None)
    return pages.render_list(viewer, replace(LISTING, query=parse(pairs), entries=entries), AT, None)


@pytest.mark.parametrize(
    "pairs",
    [
        [("actor", "dana@x.example")], [("subject", "sch_1")], [("action", "member.added")], [("source", "mcp")], [("channel", "web")],
        [("facet", "operation:paused")], [("last", "7d")], [("from", "2026-11-01")], [("to", "2026-11-01")], [("limit", "10")],
    ],
)  # fmt: skip
def test_each_list_has_its_own_form(pairs: list[tuple[str, str]]) -> None:
    """Whatever was kept before."""
    query = parse(pairs)
    form = str(pages._form(Query(query.selection, query.limit))["filter_form"])

    assert form not in rendered([])
    assert form in rendered(pairs)
    assert form in rendered([*pairs, ("offset", "100")])


def test_nothing_of_a_page_is_in_a_form() -> None:
    """Another workspace's list has the same form, without the names of the first one's actors."""
    entry = Entry(**FIELDS | {"id": 1, "action": "member.added", "actor_email": "dana@x.example", "diff": None})
    assert "dana@x.example" in rendered([], "org_a", entry)

    other = rendered([], "org_b")
    assert "dana@x.example" not in other
    assert "org_a" not in other


def test_forms_of_many_filters_are_not_kept() -> None:
    """A form repeats its list's URL for each filter."""
    rendered([("actor", "x" * 200), ("subject", "y" * 200)])
    assert pages._kept_form.cache_info().currsize == 1
    rendered([("actor", "x" * 250), ("subject", "y" * 250)])
    assert pages._kept_form.cache_info().currsize == 1
