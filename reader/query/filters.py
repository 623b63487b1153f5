"""The query string of the page and the API, parsed into a Query (SPEC 6).

Nothing is guessed: a parameter that is unknown, malformed or repeated is an error that says what to write instead. An empty
parameter is absent.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qsl

from catalog.audit_types import BY_NAME
from reader.model import Bound, Query, Selection

T = TypeVar("T")

CHANNELS = ("web", "api", "mcp", "system", "unknown")
SOURCES = ("mcp",)
REPEATABLE = ("action", "facet")
# All parameters, in the order in which links name them.
PARAMETERS = ("action", "facet", "source", "channel", "actor", "from", "to", "limit", "offset", "as_of", "cursor")
MAX_PARAMETERS = 100
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MIN_TIME, TIME_LIMIT = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class ParameterError:
    """What is wrong with one parameter. `text` follows the parameter's name in a sentence."""

    parameter: str
    text: str


class InvalidQuery(Exception):
    """The query is not valid (422); `errors` lists every error in it."""

    def __init__(self, *errors: ParameterError) -> None:
        super().__init__("; ".join(f"{error.parameter}: {error.text}" for error in errors))
        self.errors = errors


def decode_pairs(query_string: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string (WHATWG URL, application/x-www-form-urlencoded). Raises InvalidQuery."""
    try:
        text = query_string.decode()
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise InvalidQuery(ParameterError("query", "is not UTF-8 after percent-decoding")) from None
    except ValueError:
        raise InvalidQuery(ParameterError("query", f"has more than {MAX_PARAMETERS} parameters")) from None


def parse(pairs: Sequence[tuple[str, str]]) -> Query:
    """The query that these parameters describe. Raises InvalidQuery with every error."""
    errors: list[ParameterError] = []
    values = _values(pairs, errors)

    def one(name: str, read: Callable[[str], T], absent: T) -> T:
        if name not in values:
            return absent
        try:
            return read(values[name][0])
        except ValueError as error:
            errors.append(ParameterError(name, str(error)))
            return absent

    errors += [
        ParameterError("action", f"{action[:60]!r} is not in the catalogue: see /v1/audit-actions")
        for action in values.get("action", ())
        if action not in BY_NAME
    ]
    since, before = one("from", _since, None), one("to", _before, None)
    _check_order(since, before, errors)
    selection = Selection(
        actions=tuple(dict.fromkeys(values.get("action", ()))),
        facets=tuple(dict.fromkeys(values.get("facet", ()))),
        source=one("source", _among(SOURCES), None),
        channel=one("channel", _among(CHANNELS), None),
        actor=one("actor", _whole, None),
        since=since,
        before=before,
    )
    limit, offset = one("limit", _limit, DEFAULT_LIMIT), one("offset", _integer, 0)
    as_of, cursor = one("as_of", _whole, None), one("cursor", _whole, None)
    if cursor is not None and (offset or as_of is not None):
        errors.append(ParameterError("cursor", "cannot be combined with offset or as_of: it includes both"))
    if errors:
        raise InvalidQuery(*errors)
    return Query(selection, limit, offset, as_of, cursor)


def to_pairs(query: Query) -> list[tuple[str, str]]:
    """The fewest parameters that describe `query`; `parse` of them returns it."""
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


def _values(pairs: Sequence[tuple[str, str]], errors: list[ParameterError]) -> dict[str, list[str]]:
    """The values by name, without empty ones."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in PARAMETERS:
            errors.append(ParameterError(name[:60], f"unknown parameter; known are {', '.join(PARAMETERS)}"))
        elif "\0" in value:
            errors.append(ParameterError(name, "contains a NUL character"))
        elif value:
            values.setdefault(name, []).append(value)
    errors += [
        ParameterError(name, "is given more than once")
        for name, texts in values.items()
        if len(texts) > 1 and name not in REPEATABLE
    ]
    return values


def _check_order(since: Bound | None, before: Bound | None, errors: list[ParameterError]) -> None:
    if since is None or before is None:
        return
    last = before.at - timedelta(microseconds=1) if _DATE.fullmatch(before.text) else before.at
    if since.at > last:
        errors.append(ParameterError("from", "is later than to"))


def _since(text: str) -> Bound:
    return Bound(text, _instant(text))


def _before(text: str) -> Bound:
    """The exclusive end: a date includes its whole day."""
    return Bound(text, _instant(text) + timedelta(days=bool(_DATE.fullmatch(text))))


def _instant(text: str) -> datetime:
    """The instant in UTC; a date is its first instant. Digits beyond microseconds are dropped."""
    if not (_DATE.fullmatch(text) or _TIME.fullmatch(text)):
        raise ValueError(
            "is neither a date (2026-11-22) nor a time with a zone (2026-11-22T09:30:00Z; write a + in it as %2B)"
        )
    try:
        at = datetime.fromisoformat(text.upper())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a date or time that exists") from None
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
