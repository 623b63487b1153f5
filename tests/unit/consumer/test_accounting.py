"""The accounting check as a rule of numbers: what balances, what does not, and that figure and words agree."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.operator.accounting import (
    DatabaseAccount,
    LogBounds,
    PartitionAccount,
    balanced,
    difference,
    entry_findings,
    findings,
    lag,
    unread,
)

COUNTS = st.integers(0, 50)
OUTCOMES = ("recorded", "duplicate", "conflict", "parked", "gap", "undelivered", "reread")
ROWS = ("parked_rows", "conflict_rows", "accepted", "given_back", "replayed_conflict")


def account(**values: Any) -> PartitionAccount:
    """A partition that has read nothing, with these values."""
    text: dict[str, Any] = {"topic": "t", "topic_id": "id", "number": 0}
    empty: dict[str, Any] = dict.fromkeys(PartitionAccount.__dataclass_fields__, 0)
    absent = dict.fromkeys(("owner", "halted", "halted_detail", "halted_at", "complete_through", "retired_at"))
    return PartitionAccount(**{**empty, **absent, **text, **values})


@st.composite
def honest(draw: st.DrawFn) -> PartitionAccount:
    """A partition as the programs leave it: rewinds may have brought parked records and conflicts a second time."""
    counts = {name: draw(COUNTS) for name in OUTCOMES if name != "reread"}
    reread = draw(st.integers(0, sum(counts.values())))
    twice = draw(st.integers(0, min(reread, counts["parked"])))
    replayed = draw(COUNTS)
    return account(
        **counts,
        reread=reread,
        next_offset=sum(counts.values()) - reread,
        parked_rows=counts["parked"] - twice,
        conflict_rows=counts["conflict"] + draw(st.integers(0, replayed)),
        replayed_conflict=replayed,
        accepted=counts["gap"],
        given_back=reread,
    )


@given(honest())
def test_what_the_programs_leave_balances(row: PartitionAccount) -> None:
    """No finding, and no difference, whatever was read, parked, lost, replayed and rewound."""
    assert (findings(row), difference(row)) == ([], 0)


@given(honest(), st.sampled_from(["next_offset", "recorded", "duplicate", "undelivered", "gap", "accepted"]), COUNTS)
def test_a_counter_that_was_changed_alone_is_found(row: PartitionAccount, name: str, by: int) -> None:
    """One counter that is off by something is found, and by how much at least."""
    changed = replace(row, **{name: getattr(row, name) + by + 1})
    assert findings(changed)
    assert difference(changed) >= by + 1


@given(st.builds(account, **dict.fromkeys((*OUTCOMES, *ROWS, "next_offset"), COUNTS)))
def test_figure_and_words_agree(row: PartitionAccount) -> None:
    """The metric is 0 exactly when `status` has nothing to say."""
    assert (difference(row) == 0) == (findings(row) == [])


def database(rows: list[PartitionAccount], entries: dict[tuple[str, int], int] | None) -> DatabaseAccount:
    return DatabaseAccount(partitions=rows, parked={}, gaps=[], entries=entries, clock_ahead=0.0)


@pytest.mark.parametrize(
    ("entries", "count"), [(None, 0), ({("t", 0): 7}, 0), ({("t", 0): 6}, 1), ({}, 1), ({("t", 0): 7, ("x", 0): 1}, 1)]
)
def test_entries_are_those_that_were_recorded_or_replayed(
    entries: dict[tuple[str, int], int] | None, count: int
) -> None:
    """Over all incarnations of a topic's name; an entry of a partition that was never read is a finding too."""
    rows = [account(recorded=3, next_offset=3), account(topic_id="new", recorded=2, next_offset=2, replayed=2)]
    assert len(entry_findings(database(rows, entries))) == count
    assert balanced(database(rows, entries)) is (count == 0)


def test_lag_and_unread_are_known_where_kafka_says() -> None:
    """Lag is of the same incarnation; a partition that no one has claimed is unread."""
    other = Partition("t", "id", 1)
    logs = LogBounds(
        bounds={Partition("t", "id", 0): Bounds(0, 9), other: Bounds(0, 4)},
        stable_ends={},
        missing=(),
        unavailable=None,
    )
    row = account(next_offset=5)
    assert lag(row, logs) == 4
    assert lag(replace(row, topic_id="old"), logs) is None
    assert unread(database([row], None), logs) == {other: Bounds(0, 4)}
