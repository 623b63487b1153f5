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
MAX_PARAMETERS = 100
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MIN_TIME, TIME_LIMIT = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,9}")


class ParameterError(NamedTuple):
    """What is wrong with one parameter, for the person who wrote it."""

    parameter: str
    text: str


class InvalidQuery(Exception):
    """The query cannot be answered (422); `errors` names everything that is wrong with it."""

    def __init__(self, *problems: ParameterError) -> None:
        super().__init__("; ".join(f"{parameter}: {text}" for parameter, text in problems))
        self.errors = problems


def decode_pairs(query_string: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string (WHATWG URL, application/x-www-form-urlencoded). Raises InvalidQuery."""
    try:
        text = query_string.decode()
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise InvalidQuery(ParameterError("query", "is not UTF-8 behind its percent signs")) from None
    except ValueError:
        raise InvalidQuery(ParameterError("query", f"has more than {MAX_PARAMETERS} parameters")) from None


def parse(pairs: Sequence[tuple[str, str]]) -> Query:
    """The query that these parameters ask for. Raises InvalidQuery with all that is wrong."""
    problems: list[ParameterError] = []
    given = _given(pairs, problems)

    def one(name: str, read: Callable[[str], T], absent: T) -> T:
        if name not in given:
            return absent
        try:
            return read(given[name][0])
        except ValueError as fault:
            problems.append(ParameterError(name, str(fault)))
            return absent

    problems += [
        ParameterError("action", f"{action[:60]!r} is not in the catalogue: see /v1/audit-actions")
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
    limit, offset = one("limit", _limit, DEFAULT_LIMIT), one("offset", _integer, 0)
    as_of, cursor = one("as_of", _whole, None), one("cursor", _whole, None)
    if cursor is not None and (offset or as_of is not None):
        problems.append(ParameterError("cursor", "says where to go on by itself: leave out offset and as_of"))
    if problems:
        raise InvalidQuery(*problems)
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
        "limit": [str(query.limit) if query.limit != DEFAULT_LIMIT else None],
        "offset": [str(query.offset) if query.offset else None],
        "as_of": [query.as_of],
        "cursor": [query.cursor],
    }
    return [(name, value) for name in PARAMETERS for value in values[name] if value]


def _given(pairs: Sequence[tuple[str, str]], problems: list[ParameterError]) -> dict[str, list[str]]:
    """The values by name; what is empty is absent."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in PARAMETERS:
            problems.append(ParameterError(name[:60], f"is no parameter; there are {', '.join(PARAMETERS)}"))
        elif "\0" in value:
            problems.append(ParameterError(name, "holds a NUL"))
        elif value:
            given.setdefault(name, []).append(value)
    for name, values in given.items():
        if len(values) > 1 and name not in REPEATABLE:
            problems.append(ParameterError(name, "is given more than once"))
    return given


def _check_order(since: Bound | None, before: Bound | None, problems: list[ParameterError]) -> None:
    if since is None or before is None:
        return
    last = before.at - timedelta(microseconds=1) if _DATE.fullmatch(before.text) else before.at
    if since.at > last:
        problems.append(ParameterError("from", "is later than to"))


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
    if not MIN_TIME <= at < TIME_LIMIT:
        raise ValueError("is outside the years 2000 to 2100 (UTC)")
    return at


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is not a number of 1 to 9 digits")
    return int(text)


def _limit(text: str) -> int:
    limit = _integer(text)
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"is not between 1 and {MAX_LIMIT}")
    return limit


def _among(words: Sequence[str]) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        if text not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return text

    return read


def _whole(text: str) -> str | None:
    return text
