"""Which part of a list a page shows, as ranks in its key index."""

from dataclasses import dataclass, replace
from datetime import datetime

from reader.model import Bound, Selection
from reader.query.filters import RANGES
from reader.query.key_index import Key, KeyIndex, key_time
from runtime.timestamps import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most `limit` entries from `since` to before `before`, newest first: after the entry `after`, or after `offset`."""

    since: datetime | None
    before: datetime | None
    offset: int
    limit: int
    after: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The ids of a window's entries, and how many entries its range of time holds."""

    ids: list[int]
    total: int


def cut(index: KeyIndex, window: Window) -> Slice:
    """The part of `index` that `window` shows."""
    newest = index.rank((key_time(window.before), -1)) if window.before else 0
    oldest = index.rank((key_time(window.since), -1)) if window.since else index.total
    start = newest + window.offset
    if window.after is not None:
        occurred_at, entry_id = window.after
        start = max(newest, index.rank((occurred_at, entry_id - 1)))
    stop = min(start + window.limit, oldest)
    return Slice(ids=index.ids(start, stop) if start < stop else [], total=oldest - newest)


def absolute(selection: Selection, at: datetime) -> Selection:
    """The selection with its relative range as a range of times. All pages of a list have the same, that of its as_of."""
    if selection.last is None:
        return selection
    since = at - RANGES[selection.last]
    return replace(selection, last=None, since=Bound(iso(since), since))
