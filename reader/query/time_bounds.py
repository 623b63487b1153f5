"""The ends of a range of time, as `from` and `to` of a query string give them (SPEC 6)."""

import re
from datetime import UTC, datetime, timedelta

from reader.model import Bound
from runtime.timestamps import NotRfc3339, parse

MIN_TIME, TIME_LIMIT = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def since(text: str) -> Bound:
    """The inclusive beginning. Raises ValueError with what is wrong."""
    return Bound(text, _instant(text))


def before(text: str) -> Bound:
    """The exclusive end: a date includes its whole day. Raises ValueError with what is wrong."""
    return Bound(text, _instant(text) + timedelta(days=bool(_DATE.fullmatch(text))))


def _instant(text: str) -> datetime:
    """The instant in UTC; a date is its first instant."""
    try:
        at = parse(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text)
    except NotRfc3339:
        raise ValueError(
            "is neither a date (2026-11-22) nor a time with a zone (2026-11-22T09:30:00Z; write a + in it as %2B)"
        ) from None
    if not MIN_TIME <= at < TIME_LIMIT:
        raise ValueError("is outside the years 2000 to 2100 (UTC)")
    return at


def is_later(first: Bound, last: Bound) -> bool:
    """Whether a range begins after its end."""
    end = last.at - timedelta(microseconds=1) if _DATE.fullmatch(last.text) else last.at
    return first.at > end
