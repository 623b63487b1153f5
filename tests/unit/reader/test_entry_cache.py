"""What is made of entries and kept: it is made once, never shown for another entry, and bounded."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reader.entry_cache import MAX_CACHED, MAX_LENGTH, EntryCache
from reader.http import json_response
from reader.model import Entry, Listing, Query

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


class Maker:
    """Makes texts of a length, and counts them."""

    def __init__(self, length: int = 1) -> None:
        self.calls, self._length = 0, length

    def cache(self) -> EntryCache[str]:
        return EntryCache(self._make, len)

    def _make(self, entry: Entry) -> str:
        self.calls += 1
        return f"{entry.id}".ljust(self._length)


def test_it_is_made_once() -> None:
    """The database makes a new entry for each request, which has the same values."""
    maker = Maker()
    cache = maker.cache()
    assert cache.of(ENTRY) == cache.of(ENTRY._replace(facets=list(ENTRY.facets)))
    assert maker.calls == 1


@pytest.mark.parametrize("field", Entry._fields)
def test_an_entry_with_another_value_has_its_own(field: str) -> None:
    """Above all one of another workspace, whatever its id is."""
    maker = Maker()
    cache = maker.cache()
    cache.of(ENTRY)
    cache.of(ENTRY._replace(**{field: OTHERS[field]}))
    assert maker.calls == 2


def test_one_workspace_pushes_out_nothing_of_another() -> None:
    """However many entries are read in it."""
    maker = Maker()
    cache = maker.cache()
    cache.of(ENTRY)
    for number in range(3 * MAX_CACHED):
        cache.of(ENTRY._replace(workspace_id="org_b", id=number))
    cache.of(ENTRY)
    assert maker.calls == 1 + 3 * MAX_CACHED


@pytest.mark.parametrize("field", Entry._fields)
def test_nothing_of_another_entry_is_sent(field: str) -> None:
    """A page as JSON is the same whether entries were kept before or not."""
    unchanged, changed = ENTRY._replace(id=100), ENTRY._replace(id=100)._replace(**{field: OTHERS[field]})
    first, second = (bytes(json_response.listing(page(sent)).body) for sent in (unchanged, changed))
    again = bytes(json_response.listing(page(unchanged)).body)

    assert again == first
    [shown] = json.loads(second)["data"]
    assert shown == json.loads(bytes(json_response.entry(changed).body))


@pytest.mark.parametrize(("length", "times"), [(MAX_LENGTH - 14, 1), (MAX_LENGTH - 13, 2)])
def test_what_is_long_is_not_kept(length: int, times: int) -> None:
    """It and the diff together, so that all that is kept is bounded in bytes."""
    maker = Maker(length)
    cache = maker.cache()
    assert len(ENTRY.diff or "") == 14
    cache.of(ENTRY)
    cache.of(ENTRY)
    assert maker.calls == times


def test_what_is_asked_for_stays_and_what_is_not_goes() -> None:
    """The first page stays, however many other pages are read meanwhile; of the others, no more than the bound."""
    maker = Maker()
    cache = maker.cache()
    many = 5 * MAX_CACHED
    for number in range(many):
        cache.of(ENTRY)
        cache.of(ENTRY._replace(id=100 + number))
    assert maker.calls == 1 + many

    for number in reversed(range(many)):
        cache.of(ENTRY._replace(id=100 + number))
    assert maker.calls - 1 - many >= many - MAX_CACHED


def test_pages_as_json_are_kept_in_few_megabytes() -> None:
    """However many are read, with entries as long as are kept."""
    tracemalloc.start()
    try:
        for number in range(3 * MAX_CACHED):
            diff = f'{{"changes":{{"/name":{{"after":"{number:0800}"}}}}}}'
            json_response.listing(page(ENTRY._replace(id=10_000 + number, diff=diff)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert MAX_CACHED * 1_000 < held < MAX_CACHED * 3_000


def page(entry: Entry) -> Listing:
    """A page of one entry."""
    return Listing(
        query=Query(), entries=(entry,), total=1, as_of="1-2-3", as_of_time=AT, newer=0,
        complete_through=AT, sealed_through=None, next_cursor=None,
    )  # fmt: skip
