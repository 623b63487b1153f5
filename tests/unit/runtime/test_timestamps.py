"""Times as text: one reader of RFC 3339 and one writer, with which the events' own reader agrees."""

from datetime import UTC, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from consumer.commands.rewind import rewind
from consumer.event import envelope
from consumer.event.model import Poison
from reader.query import time_bounds
from runtime import timestamps
from tests.builders import event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
# ISO 8601 that RFC 3339 does not have, no zone, and what does not exist.
REFUSED = (
    "20261122T120000Z", "2026-W47-7T12+00", "2026-11-22T12:00Z", "2026-11-22T12Z", "2026-11-22T12:00:00,5Z", "2026-11-22 12:00:00Z",
    "2026-11-22T12:00:00+00", "2026-11-22T12:00:00+0000", "2026-11-22T12:00:00+00:00:00", "2026-11-22T12:00:00", "2026-11-22", "yesterday",
    "", "2026-11-22T12:00:00Z ", "2026-11-22T12:00:00Z\n", "२०२६-11-22T12:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T12:00:60Z",
    "2026-02-30T12:00:00Z", "2026-11-22T12:00:00+05:99", "2026-11-22T12:00:00+24:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T12:00:00Z", "2026-11-22t12:00:00z", "2026-11-22T12:00:00.000000999Z", "2026-11-22T17:30:00.0+05:30",
        "2026-11-22T12:00:00-00:00",
    ],
)  # fmt: skip
def test_a_time_is_read_in_any_zone(text: str) -> None:
    """As UTC; digits beyond microseconds are dropped, and -00:00 is UTC."""
    assert timestamps.parse(text) == NOON
    assert timestamps.parse(text).tzinfo is UTC


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_time_of_rfc_3339_is_refused(text: str) -> None:
    """By the parser, and so wherever a person gives one: `rewind --to-time`, and a filter of the page, which takes dates too."""
    with pytest.raises(ValueError, match="is not"):
        timestamps.parse(text)
    with pytest.raises(typer.BadParameter, match="is not "):
        rewind("callmine.billing", 0, "why", to_time=text)
    if text != "2026-11-22":
        with pytest.raises(ValueError, match="is "):
            time_bounds.since(text)


TEXTS = (
    st.sampled_from(REFUSED)
    | st.text(alphabet="0123456789-:.+TZtz ", max_size=35)
    | st.from_regex(r"\A20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])\Z")
)  # fmt: skip


def of_an_event(text: str) -> str | None:
    """The time of an event that has this `ce_time`; None if it is refused."""
    others = [(name, value) for name, value in event().headers if name != "ce_time"]
    try:
        return envelope.read([*others, ("ce_time", text.encode())]).time
    except Poison:
        return None


@given(TEXTS)
def test_an_event_is_read_by_the_same_rules(text: str) -> None:
    """The consumer's core reads bytes, by a comparison for the usual form: it takes and refuses the same, and gives the same text."""
    try:
        expected = timestamps.iso(timestamps.parse(text))
    except ValueError:
        expected = None

    assert of_an_event(text) == expected


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_again(time: datetime) -> None:
    """Every time of the years 1 to 9999, to the microsecond."""
    assert timestamps.parse(timestamps.iso(time)) == time


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2026, 11, 22, 21, 38, tzinfo=UTC), "2026-11-22T21:38:00.000000Z"),
        (datetime(987, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "0987-01-02T03:04:05.000006Z"),
        (NOON + timedelta(microseconds=1), "2026-11-22T12:00:00.000001Z"),
    ],
    ids=str,
)
def test_a_time_is_written_with_six_digits_and_z(time: datetime, text: str) -> None:
    """In one form only, whatever its microseconds and year."""
    assert timestamps.iso(time) == text
