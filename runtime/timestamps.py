"""Times as numbers since 1970 and as text. Every time here is UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds since 1970 of the instant from which PostgreSQL's binary timestamps count, 2000-01-01.
POSTGRES_EPOCH_US = 946_684_800_000_000
# Milliseconds since 1970 of the years 1 to 9999, which are those that a datetime can hold.
MIN_MS, MAX_MS = -62_135_596_800_000, 253_402_300_799_999


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
    """For programs: ISO 8601 with microseconds."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
