"""What is answered: a page of a selection, or one entry; as a rule by one round trip to the database.

Law of this file: a page of a horizon holds what had been recorded by then and nothing else, and every statement names the
workspace, though row-level security would hide the others anyway.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reader.database import Database, Moment
from reader.filters import Invalid, Problem
from reader.horizon import Horizon
from reader.model import Entry, Listing, Query
from reader.reading import Reading, entries, recorded, rows
from reader.roll import Key, Roll, moment
from reader.shelf import Name, Shelf

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
        answer = self._asked(name, reading, query, position, MOST_ARRIVED)
        if len(answer.arrived) > MOST_ARRIVED:
            self._shelf.forget(name, answer.known)
            answer = self._asked(name, reading, query, position, None)
        now = Horizon.of(answer.moment.time, answer.moment.snapshot)
        horizon = _checked(position, now)
        present = answer.known.with_arrived(now, answer.arrived)
        self._shelf.keep(name, present)
        part = answer.part
        if len(answer.later) > MOST_ARRIVED:
            aged = self._shelf.roll(name._replace(as_of=horizon.text), lambda: reading.whole(self._database, horizon))
            part = _part(aged, query, position.behind, ())._replace(newer=NEWER)
        elif answer.arrived or answer.later:
            part = _part(present, query, position.behind, answer.later)
        # Rows never change: those of another transaction are the same.
        found = answer.rows if part.ids == answer.part.ids else self._rows(workspace_id, part.ids)
        return Listing(
            query=query,
            entries=found,
            total=part.total,
            as_of=horizon.text,
            as_of_time=horizon.time,
            newer=min(part.newer, NEWER),
            complete_through=answer.moment.complete_through,
            next_cursor=_cursor(horizon, found[-1]) if len(found) == query.limit else None,
        )

    def entry(self, workspace_id: str, entry_id: int) -> Entry | None:
        """The entry of this id, if this workspace has it. Raises Unavailable."""
        return next(iter(self._rows(workspace_id, [entry_id])), None)

    def _asked(self, name: Name, reading: Reading, query: Query, position: "_Position", most: int | None) -> "_Answer":
        """What has been recorded since the roll and since the query's horizon, and the rows of the page if neither moves it."""
        # Looked at before our own snapshot is taken, so that it is never ahead of what we see.
        known = self._shelf.roll(name, lambda: reading.whole(self._database))
        part = _part(known, query, position.behind, ())
        since = [reading.recorded_since(known.horizon, most and most + 1)]
        if position.horizon:
            since.append(reading.recorded_since(position.horizon, MOST_ARRIVED + 1))
        at, (arrived, *later, found) = self._database.ask(name.workspace_id, *since, rows(name.workspace_id, part.ids))
        return _Answer(known, at, recorded(arrived), recorded(later[0]) if later else [], part, entries(found))

    def _rows(self, workspace_id: str, ids: Sequence[int]) -> tuple[Entry, ...]:
        _, (found,) = self._database.ask(workspace_id, rows(workspace_id, ids))
        return entries(found)


class _Answer(NamedTuple):
    """What one round trip brought: what has `arrived` since the roll `known` and what came `later` than the query's horizon.

    The rows are those of the page as it is if nothing did.
    """

    known: Roll
    moment: Moment
    arrived: list[Key]
    later: list[Key]
    part: "_Part"
    rows: tuple[Entry, ...]


class _Part(NamedTuple):
    """What a query asks for of a roll: the ids of its page, how many entries it selects, and how many came later."""

    ids: list[int]
    total: int
    newer: int


def _part(roll: Roll, query: Query, behind: Key | None, later: Sequence[Key]) -> _Part:
    """The page of a roll without what came `later`, between the ends of the query's range of time."""
    since, before = query.selection.since, query.selection.before
    newest = roll.rank((moment(before.at), -1)) if before else 0
    oldest = roll.rank((moment(since.at), -1)) if since else roll.total
    without = [rank for key in sorted(later, reverse=True) if newest <= (rank := roll.rank(key)) < oldest]
    total = oldest - newest - len(without)
    start = newest + query.offset
    if behind is not None:
        rank = roll.rank((behind[0], behind[1] - 1))
        start = max(newest, rank - bisect_left(without, rank))
    stop = min(start + query.limit, newest + total)
    return _Part(roll.ids(start, stop, without) if start < stop else [], total, len(without))


class _Position(NamedTuple):
    """Where a query says that it stands: at a horizon, and behind an entry."""

    parameter: str
    horizon: Horizon | None
    behind: Key | None


def _position(query: Query) -> _Position:
    """Reads the opaque texts of an earlier answer. Raises Invalid."""
    try:
        if query.cursor is not None:
            horizon, _, key = query.cursor.partition("~")
            return _Position("cursor", Horizon.read(horizon), _read_key(key))
        return _Position("as_of", Horizon.read(query.as_of) if query.as_of else None, None)
    except ValueError:
        name = "cursor" if query.cursor else "as_of"
        raise Invalid(Problem(name, f"is not the {name} of an earlier answer")) from None


def _checked(position: _Position, now: Horizon) -> Horizon:
    """The horizon of the answer. One from beyond this database's present would let entries in that come later."""
    horizon = position.horizon or now
    if horizon.high > now.high or horizon.low > now.low:
        raise Invalid(Problem(position.parameter, f"is not the {position.parameter} of an earlier answer"))
    return horizon


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
