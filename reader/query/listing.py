"""What is answered: a page of a selection, or one entry; as a rule by one round trip to the database.

Law of this file: a page of a horizon holds what had been recorded by then and nothing else, and every statement names the
workspace, though row-level security would hide the others anyway.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reader.model import Entry, Listing, Query
from reader.query.database import Database, Moment
from reader.query.filters import Invalid, Problem
from reader.query.index_cache import Name, Shelf
from reader.query.key_index import Key, Roll, moment
from reader.query.list_queries import Reading, entries, recorded, rows
from reader.query.snapshot import Horizon

NEWER = 100  # more than so many newer entries are not counted for the person who looks
# Beyond so many entries recorded since, it is cheaper to read the list again.
MOST_ARRIVED = 10_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KEY = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")


class Listings:
    """Answers queries about the entries of one workspace each. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shelf = Shelf()

    @property
    def builds(self) -> int:
        """How many lists have been read through."""
        return self._shelf.reads

    def page(self, workspace_id: str, query: Query) -> Listing:
        """The page. Raises Invalid for an as_of or cursor that no answer gave, and Unavailable."""
        position = _position(query)
        selection = replace(query.selection, since=None, before=None)
        name, reading = Name(workspace_id, selection), Reading(workspace_id, selection)
        if position is None:
            return self._at_present(name, reading, query)
        return self._at(position, name, reading, query)

    def entry(self, workspace_id: str, entry_id: int) -> Entry | None:
        """The entry of this id, if this workspace has it. Raises Unavailable."""
        return next(iter(self._rows(workspace_id, [entry_id])), None)

    def _at_present(self, name: Name, reading: Reading, query: Query) -> Listing:
        """A page of the list as it is now."""
        known, moment, arrived, found = self._brought_forward(name, reading, query, MOST_ARRIVED)
        if len(arrived) > MOST_ARRIVED:
            self._shelf.forget(name, known)
            known, moment, arrived, found = self._brought_forward(name, reading, query, None)
        now = Horizon.of(moment.time, moment.snapshot)
        roll = known.with_arrived(now, arrived)
        self._shelf.keep(name, roll)
        part = _part(roll, query, None)
        if part.ids != [entry.id for entry in found]:
            # Rows never change: those of another transaction are the same.
            found = self._rows(name.workspace_id, part.ids)
        return _listing(query, now, part, found, moment, 0)

    def _brought_forward(
        self, name: Name, reading: Reading, query: Query, most: int | None
    ) -> tuple[Roll, Moment, list[Key], tuple[Entry, ...]]:
        """The roll as it was last seen, what has arrived since, and the rows of the page as it is if nothing did."""
        # Looked at before our own snapshot is taken, so that it is never ahead of what we see.
        known = self._shelf.roll(name, lambda: reading.whole(self._database))
        moment, (arrived, found) = self._database.ask(
            name.workspace_id,
            reading.recorded_since(known.horizon, most and most + 1),
            rows(name.workspace_id, _part(known, query, None).ids),
        )
        return known, moment, recorded(arrived), entries(found)

    def _at(self, position: "_Position", name: Name, reading: Reading, query: Query) -> Listing:
        """A page of the list as it was at an older horizon: its roll is kept too, and stays as it is."""
        horizon = position.horizon
        aged = self._shelf.known(name._replace(as_of=horizon.snapshot)) or self._aged(position, name, reading)
        part = _part(aged, query, position.behind)
        moment, (newer, found) = self._database.ask(
            name.workspace_id,
            reading.recorded_since(horizon, NEWER, query.selection),
            rows(name.workspace_id, part.ids),
        )
        return _listing(query, horizon, part, entries(found), moment, len(recorded(newer)))

    def _aged(self, position: "_Position", name: Name, reading: Reading) -> Roll:
        """The roll at an older horizon: the present one without what has been recorded since, if that is not too much."""
        horizon, known = position.horizon, self._shelf.known(name)
        moment, found = self._database.ask(
            name.workspace_id,
            *(reading.recorded_since(since, MOST_ARRIVED + 1) for since in ((known.horizon, horizon) if known else ())),
        )
        now = Horizon.of(moment.time, moment.snapshot)
        if horizon.high > now.high or horizon.low > now.low:
            # One from beyond this database's present would let entries in that come later.
            raise _invalid(position.parameter)
        aged = name._replace(as_of=horizon.snapshot)
        arrived, later = map(recorded, found) if known else ([], [])
        if known is None or max(len(arrived), len(later)) > MOST_ARRIVED:
            return self._shelf.roll(aged, lambda: reading.whole(self._database, horizon))
        roll = known.with_arrived(now, arrived).without(horizon, later)
        self._shelf.keep(aged, roll)
        return roll

    def _rows(self, workspace_id: str, ids: Sequence[int]) -> tuple[Entry, ...]:
        _, (found,) = self._database.ask(workspace_id, rows(workspace_id, ids))
        return entries(found)


class _Part(NamedTuple):
    """What a query asks for of a roll: the ids of its page, and how many entries it selects."""

    ids: list[int]
    total: int


def _part(roll: Roll, query: Query, behind: Key | None) -> _Part:
    """The page of a roll, between the ends of the query's range of time."""
    since, before = query.selection.since, query.selection.before
    newest = roll.rank((moment(before.at), -1)) if before else 0
    oldest = roll.rank((moment(since.at), -1)) if since else roll.total
    start = newest + query.offset if behind is None else max(newest, roll.rank((behind[0], behind[1] - 1)))
    stop = min(start + query.limit, oldest)
    return _Part(roll.ids(start, stop) if start < stop else [], oldest - newest)


def _listing(
    query: Query, horizon: Horizon, part: _Part, found: tuple[Entry, ...], seen: Moment, newer: int
) -> Listing:
    return Listing(
        query=query,
        entries=found,
        total=part.total,
        as_of=horizon.text,
        as_of_time=horizon.time,
        newer=newer,
        complete_through=seen.complete_through,
        next_cursor=_cursor(horizon, found[-1]) if len(found) == query.limit else None,
    )


class _Position(NamedTuple):
    """Where a query says that it stands: at a horizon, and behind an entry; `parameter` says so."""

    parameter: str
    horizon: Horizon
    behind: Key | None


def _position(query: Query) -> _Position | None:
    """Reads the opaque texts of an earlier answer. Raises Invalid."""
    try:
        if query.cursor is not None:
            horizon, _, key = query.cursor.partition("~")
            return _Position("cursor", Horizon.read(horizon), _read_key(key))
        return _Position("as_of", Horizon.read(query.as_of), None) if query.as_of else None
    except ValueError:
        raise _invalid("cursor" if query.cursor else "as_of") from None


def _invalid(parameter: str) -> Invalid:
    return Invalid(Problem(parameter, f"is not the {parameter} of an earlier answer"))


def _cursor(horizon: Horizon, last: Entry) -> str:
    return f"{horizon.text}~{(last.occurred_at - EPOCH) // MICROSECOND}.{last.id}"


def _read_key(text: str) -> Key:
    match = KEY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    try:
        return moment(EPOCH + timedelta(microseconds=int(match[1]))), int(match[2])
    except OverflowError:
        raise ValueError(text) from None
