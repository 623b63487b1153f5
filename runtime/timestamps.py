"""Times as numbers since 1970 and as text. Every time here is UTC."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds since 1970 of the instant from which PostgreSQL's binary timestamps count, 2000-01-01.
POSTGRES_EPOCH_US = 946_684_800_000_000
# Milliseconds since 1970 of the years 1 to 9999, which are those that a datetime can hold.
MIN_MS, MAX_MS = -62_135_596_800_000, 253_402_300_799_999
# RFC 3339, section 5.6. Second 60 is left out: Python and PostgreSQL cannot hold a leap second. Days and years are checked by datetime.
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


class NotRfc3339(ValueError):
    """A text that has not the form of RFC 3339, or no zone."""

    def __init__(self) -> None:
        super().__init__("is not RFC 3339 with a zone, such as 2026-11-22T10:00:00Z")


def from_milliseconds(milliseconds: int) -> datetime:
    """The instant that is this many milliseconds after the beginning of 1970; OverflowError outside MIN_MS to MAX_MS."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970, rounded down; `at` has a time zone."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly; `at` has a time zone."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_microseconds(microseconds: int) -> datetime:
    """The instant that is this many microseconds after the beginning of 1970; OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(microseconds=microseconds)


def time(at: datetime) -> str:
    """For people: to the second; the page says that it is UTC."""
    return at.replace(tzinfo=None).isoformat(" ", "seconds")


def iso(at: datetime) -> str:
    """For programs: RFC 3339 with microseconds and Z, such as `2026-11-22T21:38:00.000000Z`."""
    return at.isoformat("T", "microseconds")[:26] + "Z"


def parse(text: str) -> datetime:
    """The instant, in UTC, of a time of RFC 3339 in any zone; digits beyond microseconds are dropped.

    Raises NotRfc3339 for another form, and another ValueError for what does not exist.
    """
    if RFC_3339.fullmatch(text) is None:
        raise NotRfc3339
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a date or time that exists") from None
