"""The statements of one request about one selection, in its transaction."""

from datetime import datetime
from typing import Any, LiteralString

import sql
from reader.database import Session, be_patient
from reader.horizon import Horizon
from reader.marks import Key, Marks, Start
from reader.model import Bound, Entry, Query, Selection

COUNT = sql.query("reader_count")
RECORDED_SINCE = sql.query("reader_recorded_since")
PAGE = sql.query("reader_page")
ENTRY = sql.query("reader_entry")

# What each field of a selection asks of an entry. Facets of one name are alternatives, those of several names must all hold.
CLAUSES: dict[str, LiteralString] = {
    "actions": " AND action = ANY(%(actions)s)",
    "source": " AND source = %(source)s",
    "channel": " AND channel = %(channel)s",
    "actor": " AND (actor_id = %(actor)s OR actor_email = %(actor)s)",
    "since": " AND occurred_at >= %(since)s",
    "before": " AND occurred_at < %(before)s",
}
FACETS: LiteralString = " AND facets && %(facets)s::text[]"
FROM_KEY: LiteralString = " AND (occurred_at, id) <= (%(key_time)s, %(key_id)s)"
BEHIND_KEY: LiteralString = " AND (occurred_at, id) < (%(key_time)s, %(key_id)s)"
ABOVE_KEY: LiteralString = " AND (occurred_at, id) > (%(low_time)s, %(low_id)s)"
# Entries from mark to mark. A filter passes over entries that it does not select, so its marks stand closer.
STEP, FILTERED_STEP = 1000, 100
# Beyond so many entries recorded since, it is cheaper to count the list again.
MOST_ARRIVED = 20_000


class Reading:
    """The statements of one request about one selection, in its transaction."""

    def __init__(self, session: Session, workspace_id: str, selection: Selection) -> None:
        self._connection = session.connection
        self.now = Horizon.of(session.time, session.snapshot)
        self._step = STEP if selection == Selection(since=selection.since, before=selection.before) else FILTERED_STEP
        given = {name: value for name in CLAUSES if (value := getattr(selection, name))}
        self._clause: LiteralString = "".join(CLAUSES[name] for name in given)
        self._values: dict[str, Any] = {
            **{name: value.at if isinstance(value, Bound) else value for name, value in given.items()},
            "workspace_id": workspace_id,
        }
        self._values["actions"] = list(selection.actions)
        for number, values in enumerate(_alternatives(selection.facets)):
            self._clause += FACETS.replace("%(facets)s", f"%(facets_{number})s")
            self._values[f"facets_{number}"] = values

    def count(self) -> Marks:
        """The marks of the whole list, by reading it once."""
        be_patient(self._connection)
        return Marks(self.now, *_buckets(self._rows(COUNT, {"step": self._step}), self._step))

    def bring_forward(self, marks: Marks) -> Marks:
        """The marks at what this transaction sees: with what has been recorded since, or counted anew if that is too much."""
        arrived = self.recorded_since(marks.horizon, MOST_ARRIVED + 1)
        if len(arrived) > MOST_ARRIVED:
            return self.count()
        marks = marks.with_arrived(self.now, arrived)
        index = marks.longest(self._step)
        return marks if index is None else self._split(marks, index)

    def recorded_since(self, horizon: Horizon, most: int | None) -> list[Key]:
        """The keys of what was recorded after `horizon`, newest first; at most so many."""
        values = {"low": str(horizon.low), "snapshot": horizon.snapshot, "most": most}
        return [(time, entry_id) for time, entry_id in self._rows(RECORDED_SINCE, values)]

    def page(self, horizon: Horizon, start: Start, query: Query) -> tuple[Entry, ...]:
        """The entries from `start` on; with a cursor, those behind its key."""
        values = {"snapshot": horizon.snapshot, "limit": query.limit, "skip": start.skip}
        clause: LiteralString = ""
        if start.key is not None:
            clause = BEHIND_KEY if query.cursor else FROM_KEY
            values |= {"key_time": start.key[0], "key_id": start.key[1]}
        return tuple(Entry._make(row) for row in self._rows(PAGE, values, clause))

    def entry(self, entry_id: int) -> Entry | None:
        """The entry of this id."""
        rows = self._rows(ENTRY, {"id": entry_id})
        return Entry._make(rows[0]) if rows else None

    def _split(self, marks: Marks, index: int) -> Marks:
        """Counts one bucket that has grown too long."""
        values: dict[str, Any] = {"step": self._step}
        clause: LiteralString = ""
        if index:
            clause += FROM_KEY
            values |= {"key_time": marks.keys[index][0], "key_id": marks.keys[index][1]}
        if index + 1 < len(marks.keys):
            clause += ABOVE_KEY
            values |= {"low_time": marks.keys[index + 1][0], "low_id": marks.keys[index + 1][1]}
        return marks.split(index, *_buckets(self._rows(COUNT, values, clause), self._step))

    def _rows(self, statement: LiteralString, values: dict[str, Any], place: LiteralString = "") -> list[Any]:
        clause = self._clause
        if "key_time" in values and "before" in self._values and values["key_time"] < self._values["before"]:
            # The key is the narrower bound of the two. Given both, PostgreSQL begins to read at the other.
            clause = clause.replace(CLAUSES["before"], "")
        whole = statement.replace("/* selection */", clause).replace("/* place */", place)
        return self._connection.execute(whole, {**self._values, **values}).fetchall()


def _buckets(places: list[tuple[int, datetime, int]], step: int) -> tuple[tuple[Key, ...], tuple[int, ...]]:
    """Keys and sizes of the buckets, from the first entry of each step and the last of all."""
    if not places:
        return (), ()
    firsts = [(place, (time, entry_id)) for place, time, entry_id in places if place % step == 1]
    ends = [*[place for place, _ in firsts[1:]], places[-1][0] + 1]
    return tuple(key for _, key in firsts), tuple(end - place for (place, _), end in zip(firsts, ends, strict=True))


def _alternatives(facets: tuple[str, ...]) -> list[list[str]]:
    """Facets by their name."""
    by_name: dict[str, list[str]] = {}
    for facet in facets:
        by_name.setdefault(facet.partition(":")[0], []).append(facet)
    return list(by_name.values())
