"""An index finds every entry of a list, as a plain sorted list would, after any number of late ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reader.query.key_index
from reader.query.key_index import KEY, Key, KeyIndex, key_time, last_key, pack, split, time_of, unpack
from reader.query.snapshot import Snapshot

SNAPSHOT = Snapshot(datetime(2026, 11, 1, tzinfo=UTC), 1, 1, ())
LATER = Snapshot(datetime(2026, 11, 2, tzinfo=UTC), 2, 2, ())
# Few instants, so that many entries share one; some before 2000, where the packed times are negative.
KEYS = st.tuples(st.integers(-9, 30), st.integers(1, 10**6))
LISTS = st.lists(KEYS, unique=True, max_size=60)
MANY = st.lists(st.lists(KEYS, unique=True, max_size=40), max_size=4)


@pytest.fixture(autouse=True, scope="module")
def short_buckets() -> Iterator[None]:
    """Buckets of a few entries, so that short lists have many of them and cut them often, for few keys and for many."""
    patch = pytest.MonkeyPatch()
    patch.setattr(reader.query.key_index, "BUCKET_KEYS", 3)
    patch.setattr(reader.query.key_index, "MAX_BUCKET_KEYS", 7)
    patch.setattr(reader.query.key_index, "MANY", 2)
    yield
    patch.undo()


def packed(entries: list[Key]) -> bytes:
    """Keys as PostgreSQL sends them, newest first."""
    return pack(sorted(entries, reverse=True))


def grown(first: list[Key], more: list[list[Key]]) -> tuple[KeyIndex, list[Key]]:
    """An index that was brought forward over and over, and the same as a plain list, newest first."""
    index, known = KeyIndex.from_buckets(SNAPSHOT, split(packed(first))), set(first)
    for arrived in more:
        new = [key for key in arrived if key not in known]
        index = index.with_added(LATER, new)
        known.update(new)
    return index, sorted(known, reverse=True)


def ids(entries: list[Key]) -> list[int]:
    """The ids alone."""
    return [entry_id for _, entry_id in entries]


@given(LISTS, MANY, st.integers(0, 100), st.integers(1, 50))
def test_every_page_is_found_after_late_arrivals(
    first: list[Key], more: list[list[Key]], start: int, length: int
) -> None:
    """Whatever came between, and in whatever order, a page is the one that a plain list has."""
    index, plain = grown(first, more)

    assert index.total == len(plain)
    assert index.ids(start, start + length) == ids(plain[start : start + length])
    assert index.ids(0, index.total) == ids(plain)


@given(LISTS, MANY, KEYS)
def test_a_rank_is_how_many_are_newer(first: list[Key], more: list[list[Key]], key: Key) -> None:
    """Ranks are right for entries of the list, between them, and beyond both ends."""
    index, plain = grown(first, more)

    for asked in [*plain, key, (-100, 0), (100, 0)]:
        assert index.rank(asked) == sum(other > asked for other in plain)


@given(LISTS, MANY, st.data())
def test_an_older_snapshot_is_found_in_a_newer_index(
    first: list[Key], more: list[list[Key]], data: st.DataObject
) -> None:
    """Without the entries that came later, whichever those are, an index is the one from before they came."""
    index, plain = grown(first, more)
    later = data.draw(st.lists(st.sampled_from(plain), unique=True)) if plain else []

    aged = index.without(SNAPSHOT, later)

    assert unpack(b"".join(aged.buckets)) == [key for key in plain if key not in later]
    assert aged.ids(0, aged.total) == ids([key for key in plain if key not in later])
    assert all(aged.buckets)
    assert unpack(b"".join(index.buckets)) == plain


@given(LISTS, MANY)
def test_buckets_stay_short_and_are_never_empty(first: list[Key], more: list[list[Key]]) -> None:
    """However entries come, no bucket grows beyond its bound, and the ends are those of the buckets."""
    index, plain = grown(first, more)

    assert all(0 < len(bucket) <= 7 * KEY.size for bucket in index.buckets)
    assert index.size == sum(map(len, index.buckets)) == len(plain) * KEY.size
    assert [key for bucket in index.buckets for key in unpack(bucket)] == plain


@given(LISTS, LISTS)
def test_the_index_of_before_stays_as_it_was(first: list[Key], late: list[Key]) -> None:
    """A request that still reads an older index is not disturbed by one that brings it forward."""
    index = KeyIndex.from_buckets(SNAPSHOT, split(packed(first)))
    before = index.buckets

    newer = index.with_added(LATER, [key for key in late if key not in first])

    assert index.buckets is before
    assert (index.snapshot, newer.snapshot) == (SNAPSHOT, LATER)
    assert unpack(b"".join(index.buckets)) == sorted(first, reverse=True)


@given(LISTS, st.integers(1, 9))
def test_an_index_may_come_in_pieces(entries: list[Key], length: int) -> None:
    """Where a long list is cut on its way from the database does not matter."""
    whole = packed(entries)
    chunks = [whole[at : at + length * KEY.size] for at in range(0, len(whole), length * KEY.size)]
    index = KeyIndex.from_buckets(SNAPSHOT, [bucket for chunk in chunks for bucket in split(chunk)])

    assert unpack(b"".join(index.buckets)) == unpack(whole)
    assert all(last_key(chunk) == unpack(chunk)[-1] for chunk in chunks)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_is_kept_to_the_microsecond(at: datetime) -> None:
    """Any time that an entry can have comes back as it was."""
    assert time_of((key_time(at), 1)) == at
    assert key_time(at + timedelta(microseconds=1)) == key_time(at) + 1
