"""What a snapshot that was made up costs the processor grows with its size, and no faster."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from reader.query.key_index import KeyIndex, pack, split, unpack
from reader.query.snapshot import MAX_RUNNING, Snapshot

AT = datetime(2026, 11, 1, tzinfo=UTC)


def seconds(work: Callable[[], object]) -> float:
    """The processor time of work, the least of a few times."""
    times = []
    for _ in range(7):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def test_many_open_transactions_are_compared_in_order() -> None:
    """Ten times as many do not take a hundred times as long."""

    def between(count: int) -> float:
        first, second = (Snapshot(AT, 10, 10**9, tuple(range(start, start + 4 * count, 4))) for start in (20, 21))
        return seconds(lambda: [first.beyond(second) for _ in range(10_000 // count)]) / (10_000 // count)

    assert between(MAX_RUNNING) < 40 * between(MAX_RUNNING // 10)


def test_a_list_far_from_another_is_made_of_it_in_one_go() -> None:
    """Ten thousand keys in a row, taken away or added: as long as reading and writing some of them."""
    keys = [(1_000 * number, number) for number in range(20_000, 0, -1)]
    index = KeyIndex.from_buckets(Snapshot(AT, 1, 1, ()), split(pack(keys)))
    later = keys[5_000:15_000]
    older = index.without(index.snapshot, later)
    copy = seconds(lambda: pack(unpack(pack(later))))

    assert seconds(lambda: index.without(index.snapshot, later)) < 3 * copy
    assert seconds(lambda: older.with_added(index.snapshot, later)) < 3 * copy
    assert older.with_added(index.snapshot, later).ids(0, 20_000) == list(range(20_000, 0, -1))
