"""`as_of` and `cursor`: the opaque texts by which a client continues a list where an earlier response left it."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from reader.model import Entry, Query
from reader.query.filters import InvalidQuery, ParameterError, to_pairs
from reader.query.key_index import Key, key_time
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView
from reader.query.unavailable import Unavailable
from runtime.timestamps import from_microseconds, microseconds

_CLOCKS_APART = timedelta(minutes=5)  # of the server that gave a snapshot and the one that answers, at most
# What a link to a page may have: its filters, and its place in the list, which is an `as_of` with a thousand open transactions, a
# `cursor` or an offset, a limit and a range of time. So the link to the next page is never too long for a query.
MAX_FILTER_BYTES, PLACE_BYTES = 3_892, 4_300
_KEY = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")  # microseconds since 1970, and id


class FutureSnapshot(Exception):
    """A snapshot that this database has not reached yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPosition:
    """Where a query continues: in the list at `snapshot`, after the entry `after` (None: by offset).

    `parameter` is the one that said so, for error messages.
    """

    parameter: str
    snapshot: Snapshot
    after: Key | None = None

    def invalid(self) -> InvalidQuery:
        """The error for a position that no response has given."""
        return _invalid(self.parameter)


def parse_position(query: Query) -> ListPosition | None:
    """The position that a query names; None for the list as it is now. Raises InvalidQuery, also if its filters leave no room for one."""
    if len(urlencode(to_pairs(Query(replace(query.selection, last=None))))) > MAX_FILTER_BYTES:
        raise InvalidQuery(ParameterError("query", f"has filters of more than {MAX_FILTER_BYTES:,} bytes in a link"))
    parameter = "as_of" if query.cursor is None else "cursor"
    try:
        if query.cursor is not None:
            as_of, _, key = query.cursor.partition("~")
            return ListPosition(parameter=parameter, snapshot=Snapshot.parse(as_of), after=_parse_key(key))
        return ListPosition(parameter=parameter, snapshot=Snapshot.parse(query.as_of)) if query.as_of else None
    except ValueError:
        raise _invalid(parameter) from None


def page_query(query: Query) -> Query:
    """The query, as that of a page. Raises InvalidQuery for one with a cursor, which does not say the page's place in the list."""
    if query.cursor is not None:
        raise InvalidQuery(
            ParameterError("cursor", "is for programs, in /v1/audit-events: a page has offset and as_of")
        )
    return query


def next_cursor(snapshot: Snapshot, last: Entry) -> str:
    """The cursor that continues after `last`."""
    return f"{snapshot.as_of}~{microseconds(last.occurred_at)}.{last.id}"


def check_reached(snapshot: Snapshot, view: TransactionView) -> None:
    """Raises FutureSnapshot unless the database that answers has reached the snapshot, or Unavailable for a standby."""
    check_time(snapshot, view)
    now = view.visible
    if snapshot.xmax > now.xmax or snapshot.xmin > now.xmin or any(map(snapshot.sees, now.running)):
        # Entries that are recorded later would appear in it. A standby may only be behind the server that gave it.
        raise Unavailable if view.is_standby else FutureSnapshot


def check_time(snapshot: Snapshot, view: TransactionView) -> None:
    """Raises FutureSnapshot for a snapshot that claims a time to come, which a page and a print would repeat."""
    if snapshot.time > view.time + _CLOCKS_APART:
        raise FutureSnapshot


def _invalid(parameter: str) -> InvalidQuery:
    return InvalidQuery(ParameterError(parameter, f"is not the {parameter} of an earlier response"))


def _parse_key(text: str) -> Key:
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    try:
        return key_time(from_microseconds(int(match[1]))), int(match[2])
    except OverflowError:
        raise ValueError(text) from None
