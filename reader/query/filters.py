"""The query string of the page and of the API: what may be asked for, and what is wrong with what was asked (SPEC 6).

Law of this file: nothing is guessed. A parameter that is not known, not well-formed or given twice is named, with what to
write instead; an empty one is absent.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl

from catalog.audit_types import BY_NAME
from reader.model import Bound, Query, Selection

T = TypeVar("T")

CHANNELS = ("web", "api", "mcp", "system", "unknown")
SOURCES = ("mcp",)
REPEATABLE = ("action", "facet")
# Every parameter there is, in the order in which a link names them.
PARAMETERS = ("action", "facet", "source", "channel", "actor", "from", "to", "limit", "offset", "as_of", "cursor")
MOST_FIELDS = 100
LIMIT, MOST = 50, 200
FIRST, AFTER_LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,9}")


class Problem(NamedTuple):
    """What is wrong with one parameter, for the person who wrote it."""

    parameter: str
    text: str


class Invalid(Exception):
    """The query cannot be answered (422); `problems` names everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{parameter}: {text}" for parameter, text in problems))
        self.problems = problems


def pairs_of(query_string: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string (WHATWG URL, application/x-www-form-urlencoded). Raises Invalid."""
    try:
        text = query_string.decode()
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise Invalid(Problem("query", "is not UTF-8 behind its percent signs")) from None
    except ValueError:
        raise Invalid(Problem("query", f"has more than {MOST_FIELDS} parameters")) from None


def parse(pairs: Sequence[tuple[str, str]]) -> Query:
    """The query that these parameters ask for. Raises Invalid with all that is wrong."""
    problems: list[Problem] = []
    given = _given(pairs, problems)

    def one(name: str, read: Callable[[str], T], absent: T) -> T:
        if name not in given:
            return absent
        try:
            return read(given[name][0])
        except ValueError as fault:
            problems.append(Problem(name, str(fault)))
            return absent

    problems += [
        Problem("action", f"{action[:60]!r} is not in the catalogue: see /v1/audit-actions")
        for action in given.get("action", ())
        if action not in BY_NAME
    ]
    since, before = one("from", _since, None), one("to", _before, None)
    _check_order(since, before, problems)
    selection = Selection(
        actions=tuple(dict.fromkeys(given.get("action", ()))),
        facets=tuple(dict.fromkeys(given.get("facet", ()))),
        source=one("source", _among(SOURCES), None),
        channel=one("channel", _among(CHANNELS), None),
        actor=one("actor", _whole, None),
        since=since,
        before=before,
    )
    limit, offset = one("limit", _limit, LIMIT), one("offset", _integer, 0)
    as_of, cursor = one("as_of", _whole, None), one("cursor", _whole, None)
    if cursor is not None and (offset or as_of is not None):
        problems.append(Problem("cursor", "says where to go on by itself: leave out offset and as_of"))
    if problems:
        raise Invalid(*problems)
    return Query(selection, limit, offset, as_of, cursor)


def to_pairs(query: Query) -> list[tuple[str, str]]:
    """The parameters that ask for `query`, the least that do; `parse` of them gives it back."""
    selection = query.selection
    values: dict[str, Iterable[str | None]] = {
        "action": selection.actions,
        "facet": selection.facets,
        "source": [selection.source],
        "channel": [selection.channel],
        "actor": [selection.actor],
        "from": [selection.since.text if selection.since else None],
        "to": [selection.before.text if selection.before else None],
        "limit": [str(query.limit) if query.limit != LIMIT else None],
        "offset": [str(query.offset) if query.offset else None],
        "as_of": [query.as_of],
        "cursor": [query.cursor],
    }
    return [(name, value) for name in PARAMETERS for value in values[name] if value]


def _given(pairs: Sequence[tuple[str, str]], problems: list[Problem]) -> dict[str, list[str]]:
    """The values by name; what is empty is absent."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in PARAMETERS:
            problems.append(Problem(name[:60], f"is no parameter; there are {', '.join(PARAMETERS)}"))
        elif "\0" in value:
            problems.append(Problem(name, "holds a NUL"))
        elif value:
            given.setdefault(name, []).append(value)
    for name, values in given.items():
        if len(values) > 1 and name not in REPEATABLE:
            problems.append(Problem(name, "is given more than once"))
    return given


def _check_order(since: Bound | None, before: Bound | None, problems: list[Problem]) -> None:
    if since is None or before is None:
        return
    last = before.at - timedelta(microseconds=1) if _DATE.fullmatch(before.text) else before.at
    if since.at > last:
        problems.append(Problem("from", "is later than to"))


def _since(text: str) -> Bound:
    return Bound(text, _instant(text))


def _before(text: str) -> Bound:
    """A date includes its day."""
    return Bound(text, _instant(text) + timedelta(days=bool(_DATE.fullmatch(text))))


def _instant(text: str) -> datetime:
    """UTC; a date is its first instant. Digits past microseconds are cut."""
    if not (_DATE.fullmatch(text) or _TIME.fullmatch(text)):
        raise ValueError(
            "is neither a date (2026-11-22) nor a time with a zone (2026-11-22T09:30:00Z; write a + in it as %2B)"
        )
    try:
        at = datetime.fromisoformat(text.upper())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no date or time that there is") from None
    if not FIRST <= at < AFTER_LAST:
        raise ValueError("is outside the years 2000 to 2100 (UTC)")
    return at


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is not a number of 1 to 9 digits")
    return int(text)


def _limit(text: str) -> int:
    limit = _integer(text)
    if not 1 <= limit <= MOST:
        raise ValueError(f"is not between 1 and {MOST}")
    return limit


def _among(words: Sequence[str]) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        if text not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return text

    return read


def _whole(text: str) -> str | None:
    return text
