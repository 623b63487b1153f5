"""The query string of the page and the API, parsed into a Query (SPEC 6).

Nothing is guessed: a parameter that is unknown, malformed or repeated is an error that says what to write instead. An empty
parameter is absent.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from urllib.parse import parse_qsl

from catalog.audit_types import BY_NAME
from reader.model import Query, Selection
from reader.query import time_bounds
from reader.query.searched_text import name_of_actor, without_edges

T = TypeVar("T")

CHANNELS = ("web", "api", "mcp", "system", "unknown")
SOURCES = ("mcp",)
# The parameters that may be repeated, and how often.
REPEATABLE = {"action": len(BY_NAME), "facet": 20}
# All parameters, in the order in which links name them.
PARAMETERS = (
    *("action", "facet", "source", "channel", "actor", "subject"),
    *("last", "from", "to", "limit", "offset", "as_of", "cursor"),
)
# The parameters that people type, and what a text is without blanks and unseen marks around it. A facet is matched as it is stored.
TEXTS: Mapping[str, Callable[[str], str]] = {"actor": name_of_actor, "subject": without_edges}
# The ranges of `last`. They stay relative: a link with `last=24h` always shows the 24 hours before it is opened.
RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
MAX_PARAMETERS = 100
MAX_TEXT_BYTES = 255  # of an actor, a subject and a facet, as of an id in the table
DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET = 50, 200, 999_999_999
TOO_LONG = f"is longer than {MAX_TEXT_BYTES} bytes"

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

    def parsed(name: str, read: Callable[[str], T], absent: T) -> T:
        if name not in values:
            return absent
        try:
            return read(values[name][0])
        except ValueError as error:
            errors.append(ParameterError(name, str(error)))
            return absent

    errors += [
        ParameterError("action", f"{action[:60]!r} is not in the catalog: see /v1/audit-actions")
        for action in values.get("action", ())
        if action not in BY_NAME
    ]
    errors += [
        ParameterError(name, TOO_LONG)
        for name in ("facet", *TEXTS)
        for text in values.get(name, ())
        if len(text.encode()) > MAX_TEXT_BYTES
    ]
    since, before = parsed("from", time_bounds.since, None), parsed("to", time_bounds.before, None)
    last = parsed("last", _among(tuple(RANGES)), None)
    if since is not None and before is not None and time_bounds.is_later(since, before):
        errors.append(ParameterError("from", "is later than to"))
    if "last" in values and ("from" in values or "to" in values):
        errors.append(ParameterError("last", "cannot be combined with from or to: it is a range by itself"))
    selection = Selection(
        actions=tuple(dict.fromkeys(values.get("action", ()))),
        facets=tuple(dict.fromkeys(values.get("facet", ()))),
        source=parsed("source", _among(SOURCES), None),
        channel=parsed("channel", _among(CHANNELS), None),
        actor=parsed("actor", _whole, None),
        subject=parsed("subject", _whole, None),
        last=last,
        since=since,
        before=before,
    )
    limit, offset = parsed("limit", _limit, DEFAULT_LIMIT), parsed("offset", _integer, 0)
    as_of, cursor = parsed("as_of", _whole, None), parsed("cursor", _whole, None)
    if cursor is not None and (offset or as_of is not None):
        errors.append(ParameterError("cursor", "cannot be combined with offset or as_of: it includes both"))
    if errors:
        raise InvalidQuery(*errors)
    return Query(selection, limit, offset, as_of, cursor)


def parse_none(pairs: Sequence[tuple[str, str]]) -> None:
    """Raises InvalidQuery if there is any parameter."""
    errors = [ParameterError(name[:60], "is not known: there are no parameters here") for name, _ in pairs]
    if errors:
        raise InvalidQuery(*errors)


def to_pairs(query: Query) -> list[tuple[str, str]]:
    """The fewest parameters that describe `query`: `parse` returns it from them."""
    selection = query.selection
    values: dict[str, Iterable[str | None]] = {
        "action": selection.actions,
        "facet": selection.facets,
        "source": [selection.source],
        "channel": [selection.channel],
        "actor": [selection.actor],
        "subject": [selection.subject],
        "last": [selection.last],
        "from": [selection.since.text if selection.since else None],
        "to": [selection.before.text if selection.before else None],
        "limit": [str(query.limit) if query.limit != DEFAULT_LIMIT else None],
        "offset": [str(query.offset) if query.offset else None],
        "as_of": [query.as_of],
        "cursor": [query.cursor],
    }
    return [(name, value) for name in PARAMETERS for value in values[name] if value]


def _values(pairs: Sequence[tuple[str, str]], errors: list[ParameterError]) -> dict[str, list[str]]:
    """The values by name, those of a text without what is unseen around them; none that are then empty."""
    values: dict[str, list[str]] = {}
    for name, written in pairs:
        value = TEXTS[name](written) if name in TEXTS else written
        if name not in PARAMETERS:
            errors.append(ParameterError(name[:60], f"is not known; there are {', '.join(PARAMETERS)}"))
        elif "\0" in written:
            errors.append(ParameterError(name, "contains a NUL character"))
        elif value:
            values.setdefault(name, []).append(value)
    errors += [
        ParameterError(name, f"is given more than {'once' if allowed == 1 else f'{allowed} times'}")
        for name, texts in values.items()
        if len(texts) > (allowed := REPEATABLE.get(name, 1))
    ]
    return values


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
