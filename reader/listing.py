"""What is answered: a page of a selection, or one entry; each by a fixed number of statements in one snapshot.

Law of this file: a page of a horizon holds what had been recorded by then and nothing else, and every statement names the
workspace, though row-level security would hide the others anyway.
"""

import re
import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reader.database import Database, Unavailable
from reader.filters import Invalid, Problem
from reader.horizon import Horizon
from reader.marks import Key, Marks, Start
from reader.model import Entry, Listing, Query, Selection
from reader.reading import Reading

NEWER = 100  # more than so many newer entries are not counted for the person who looks
MOST_MARKS = 500_000  # in memory, some 150 bytes each
MOST_LISTS = 2_000  # each with its selection, which may be as long as a query string
PATIENCE_SECONDS = 10.0  # for another request to count the list

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KEY = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")


class Counted:
    """The marks of one list, as the last request left them; `building` is held by the one that counts it."""

    def __init__(self) -> None:
        self.building = threading.Lock()
        self.marks: Marks | None = None

    def keep(self, marks: Marks) -> None:
        """Keeps the newest: of two requests that brought the marks forward, the other may have seen more."""
        if self.marks is None or self.marks.horizon.high <= marks.horizon.high:
            self.marks = marks


class Listings:
    """Answers queries about the entries of one workspace each. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: OrderedDict[tuple[str, Selection], Counted] = OrderedDict()
        self._lock = threading.Lock()
        self.builds = 0

    def page(self, workspace_id: str, query: Query) -> Listing:
        """The page. Raises Invalid for an as_of or cursor that no answer gave, and Unavailable."""
        position = _position(query)
        counted = self._counted_for(workspace_id, query.selection)
        # Looked at before our own snapshot is taken, so that the marks are never ahead of what we see.
        marks = counted.marks or self._build(counted, workspace_id, query.selection)
        with self._database.workspace(workspace_id) as session:
            reading = Reading(session, workspace_id, query.selection)
            marks = reading.bring_forward(marks)
            counted.keep(marks)
            horizon = _checked(position, reading.now)
            later = reading.recorded_since(horizon, None) if position.horizon else []
            start = marks.start(query.offset, later) if position.behind is None else Start(position.behind, 0)
            total = marks.total - len(later)
            entries = reading.page(horizon, start, query) if query.cursor or query.offset < total else ()
        return Listing(
            query=query,
            entries=entries,
            total=total,
            as_of=horizon.text,
            as_of_time=horizon.time,
            newer=min(len(later), NEWER),
            complete_through=session.complete_through,
            next_cursor=_cursor(horizon, entries[-1]) if len(entries) == query.limit else None,
        )

    def entry(self, workspace_id: str, entry_id: int) -> Entry | None:
        """The entry of this id, if this workspace has it. Raises Unavailable."""
        with self._database.workspace(workspace_id) as session:
            return Reading(session, workspace_id, Selection()).entry(entry_id)

    def _build(self, counted: Counted, workspace_id: str, selection: Selection) -> Marks:
        """Counts a list for the first time: once, however many ask for it, and without holding up other lists."""
        if not counted.building.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable(slow=True)
        try:
            if counted.marks is None:
                with self._database.workspace(workspace_id) as session:
                    counted.keep(Reading(session, workspace_id, selection).count())
                self.builds += 1
            assert counted.marks is not None
            return counted.marks
        finally:
            counted.building.release()

    def _counted_for(self, workspace_id: str, selection: Selection) -> Counted:
        """The list's place in memory; forgets the lists that were not asked for longest."""
        with self._lock:
            counted = self._counted.setdefault((workspace_id, selection), Counted())
            self._counted.move_to_end((workspace_id, selection))
            held = sum(1 + len(each.marks.keys) for each in self._counted.values() if each.marks)
            while (held > MOST_MARKS or len(self._counted) > MOST_LISTS) and len(self._counted) > 1:
                _, gone = self._counted.popitem(last=False)
                held -= 1 + len(gone.marks.keys) if gone.marks else 0
        return counted


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
        return EPOCH + timedelta(microseconds=int(match[1])), int(match[2])
    except OverflowError:
        raise ValueError(text) from None
