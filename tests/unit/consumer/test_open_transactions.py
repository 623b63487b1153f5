"""Partitions that a producer's open transaction holds back are named after a while, once."""

from structlog.testing import capture_logs

from consumer.partitions.open_transactions import OPEN_SECONDS, REPEAT_SECONDS, OpenTransactions
from tests.builders import POSITION


def said(*samples: tuple[float, int, int]) -> list[tuple[str, int | None]]:
    """The log's lines after these looks: the time, the last stable offset and the end."""
    transactions = OpenTransactions()
    with capture_logs() as lines:
        for now, stable, end in samples:
            transactions.update({POSITION: end}, {POSITION: stable}, now)
    return [(line["event"], line.get("offset")) for line in lines]


def test_a_transaction_that_stays_open_is_named() -> None:
    """With its offset, once it is older than transactions are; then rarely, and when it has ended."""
    samples = [(0.0, 3, 9), (OPEN_SECONDS - 1, 3, 10), (OPEN_SECONDS, 3, 11), (OPEN_SECONDS + 1, 3, 12)]
    assert said(*samples) == [("open_transaction", 3)]
    assert said(*samples, (OPEN_SECONDS + REPEAT_SECONDS, 3, 12)) == [("open_transaction", 3)] * 2
    assert said(*samples, (OPEN_SECONDS + 5, 12, 12)) == [("open_transaction", 3), ("open_transaction_ended", None)]


def test_transactions_that_follow_one_another_are_none() -> None:
    """A partition that moves is not held back, however long some transaction is open on it."""
    assert said(*((float(now), now, now + 3) for now in range(0, 60, 5))) == []
    assert said((0.0, 9, 9), (20.0, 9, 9), (40.0, 9, 9)) == []
