"""`as_of` is short however many transactions are open, and a text that no response has given is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.http.byte_limits import MAX_QUERY_BYTES
from reader.query import rising_numbers
from reader.query.snapshot import MAX_RUNNING, Snapshot
from runtime.timestamps import microseconds

AT = datetime(2026, 11, 1, 10, 20, 30, 123456, tzinfo=UTC)
LAST = 2**41 + 1
XIDS = st.sets(st.integers(700, 2**40), max_size=40).map(sorted)


def snapshot(*running: int, xmin: int = 700, xmax: int = LAST) -> Snapshot:
    return Snapshot(AT, xmin, xmax, running)


@given(XIDS)
def test_it_comes_back(running: list[int]) -> None:
    """What is sent back is what was given out."""
    given_out = snapshot(*running)
    assert Snapshot.parse(given_out.as_of) == given_out


@given(XIDS)
def test_links_of_earlier_versions_work(running: list[int]) -> None:
    """They had every id in full."""
    text = "-".join(map(str, (microseconds(AT), 700, LAST, *running)))
    assert Snapshot.parse(text) == snapshot(*running)


@pytest.mark.parametrize("distance", [1, 100, 10_000, 2_000_000])
def test_it_is_short(distance: int) -> None:
    """As many open transactions as it lists, far apart, leave room for filters in a query."""
    running = tuple(10**12 + number * distance for number in range(1, MAX_RUNNING + 1))
    text = snapshot(*running, xmin=10**12, xmax=2**62 + 1).as_of
    assert len(text) < MAX_QUERY_BYTES // 2 + 60
    assert Snapshot.parse(text).running == running


@given(XIDS.filter(bool), st.integers(0, 200), st.integers(0, 127))
def test_other_texts_are_refused(running: list[int], place: int, letter: int) -> None:
    """One letter that is another makes another snapshot, which has its own text, or none."""
    text = snapshot(*running).as_of
    place %= len(text)
    changed = text[:place] + chr(letter) + text[place + 1 :]
    try:
        parsed = Snapshot.parse(changed)
    except ValueError:
        return
    assert Snapshot.parse(parsed.as_of) == parsed
    assert "." not in changed or parsed.as_of.partition(".")[2] == changed.partition(".")[2]


@pytest.mark.parametrize("text", ["A", "AAAAA", "gA", "gIAA", "f39", "____________", "AQ==", "AR", "é", "-" * 5000])
def test_no_numbers_are_refused(text: str) -> None:
    """Not base64, not finished, longer than it need be, too large, or not rising."""
    with pytest.raises(ValueError):
        Snapshot.parse(f"1-700-2000.{text}")


def test_too_many_are_refused() -> None:
    """However they are written."""
    many = tuple(range(701, 702 + MAX_RUNNING))
    for text in (snapshot(*many).as_of, "-".join(map(str, (1, 700, LAST, *many)))):
        with pytest.raises(ValueError):
            Snapshot.parse(text)
    assert rising_numbers.parse(rising_numbers.text(many, 700), 700, len(many)) == many


SNAPSHOTS = st.builds(
    lambda xmin, above, running: snapshot(
        *sorted({xmin + place for place in running if place < above}), xmin=xmin, xmax=xmin + above
    ),
    st.integers(1, 9), st.integers(0, 9), st.sets(st.integers(0, 9)),
)  # fmt: skip


@given(SNAPSHOTS, SNAPSHOTS)
def test_what_one_sees_beyond_another(snapshot: Snapshot, other: Snapshot) -> None:
    """For any two, also forged ones: exactly the transactions of which one says yes and the other no."""
    single, low, high, without = snapshot.beyond(other)
    assert high is not None
    between = {*single, *(xid for xid in range(low, high) if xid not in without)}
    assert between == {xid for xid in range(30) if snapshot.sees(xid) and not other.sees(xid)}

    single, low, high, without = other.later
    assert (high, without) == (None, ())
    assert {*single, *range(low, 30)} == {xid for xid in range(30) if not other.sees(xid)}
