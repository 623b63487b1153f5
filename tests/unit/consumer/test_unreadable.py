"""Records that the client cannot hand over: parked, after their headers were asked for by other means."""

from catalog.reasons import ParkReason
from consumer.event.model import Headers, Parked, Partition, Record, Unreadable
from consumer.kafka.raw_headers import RawHeadersUnavailable
from consumer.polling.unreadable import ATTEMPTS, UnreadableRecords
from tests.builders import POSITION

RECORD = Record(POSITION, 7, None, b"k", b"v", [])
HEADERS = [("x-caf\\xe9", b"1"), ("a", None)]


def given_headers(_: Partition, offset: int) -> Headers:
    assert offset == 7
    return HEADERS


def no_headers(_: Partition, __: int) -> Headers:
    raise RawHeadersUnavailable("no answer")


def test_its_headers_are_read_by_other_means() -> None:
    """They are kept with it, and the reason says what the client could not do."""
    parked = UnreadableRecords(given_headers).park(Unreadable(POSITION, RECORD, ("headers",), "headers: bad"))
    assert parked == (RECORD._replace(headers=HEADERS), Parked(ParkReason.RECORD_UNREADABLE, "headers: bad"))


def test_headers_that_are_there_are_not_asked_for() -> None:
    """Only a part that is missing is looked for."""
    whole = RECORD._replace(value=None, headers=[("a", b"b")])
    parked = UnreadableRecords(no_headers).park(Unreadable(POSITION, whole, ("value",), "value: bad"))
    assert parked == (whole, Parked(ParkReason.RECORD_UNREADABLE, "value: bad"))


def test_a_record_does_not_wait_for_its_headers_for_ever() -> None:
    """A broker may be unavailable twice; then it is parked without headers, with a detail. The next record counts from 0."""
    records = UnreadableRecords(no_headers)
    unreadable = Unreadable(POSITION, RECORD, ("headers",), "headers: bad")
    for _ in range(2):
        assert [records.park(unreadable) for _ in range(ATTEMPTS - 1)] == [None] * (ATTEMPTS - 1)
        parked = records.park(unreadable)
        assert parked is not None
        record, why = parked
        assert (record, why.detail) == (RECORD, "headers: bad; its headers could not be read")
