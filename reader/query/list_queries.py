"""The statements about a list: its keys, the keys recorded after a snapshot, and the entries of a page."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, TypeAlias

import sql
from catalog import shortened
from catalog.summary import MAX_DIFF_BYTES
from reader.model import Entry, Selection
from reader.query import key_index
from reader.query.database import Statement
from reader.query.key_index import Key
from reader.query.searched_text import fold_case
from reader.query.snapshot import MAX_RUNNING, Snapshot, Transactions

KEYS = sql.query("reader/keys")
HERE: LiteralString = "WITH here AS (\n" + sql.query("reader/ending") + "\n)"
RECORDED: LiteralString = HERE + "\n" + sql.query("reader/recorded")
NEWER: LiteralString = sql.query("reader/newer").replace("WITH later AS", HERE + ",\nlater AS")
MAX_RECORDED_READ = 50_000  # entries of a workspace that a filter is applied to, to bring its list up to date
MAX_NEWER = 100  # newer entries are counted up to this …
MAX_NEWER_READ = 10_000  # … among so many of their workspace
PAGE = sql.query("reader/page")
ENTRY: LiteralString = HERE + "\n" + sql.query("reader/entry")
ACTORS = sql.query("reader/actors")
LARGE_DIFFS = sql.query("reader/large_diffs")
LAST_XID = 2**64 - 1
# A longer diff is not read for a list, whose rows have nothing of it but their sentences.
LIST_DIFF_BYTES = MAX_DIFF_BYTES
PAGE_LIMITS: Mapping[str, int] = {
    "shown": LIST_DIFF_BYTES,
    "name_bytes": shortened.NAME_BYTES,
    "name_kept": shortened.NAME_KEPT,
    "facet_bytes": shortened.FACET_BYTES,
    "facet_kept": shortened.FACET_KEPT,
    "facets": shortened.MAX_FACETS,
}

ListKey: TypeAlias = tuple[str, Selection]

# The conditions of a selection. One text serves all selections, so that each session plans it once. The range of time is
# NULL as a rule: it is found in the key index. Facets of one name are alternatives; those of several names must all hold.
SELECTED: LiteralString = """
    AND (%(actions)s::text[] IS NULL OR action = ANY(%(actions)s::text[]))
    AND (%(source)s::text IS NULL OR source = %(source)s::text)
    AND (%(channel)s::text IS NULL OR channel = %(channel)s::text)
    AND (%(actor)s::text IS NULL OR actor_id = %(actor)s::text OR lower(actor_email COLLATE "C") = %(folded)s::text)
    AND (%(subject)s::text IS NULL OR subject_id = %(subject)s::text)
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR occurred_at < %(before)s::timestamptz)"""
# An address without its case, which no locale decides (decision 151): OF_OTHERS where the filter has letters outside ASCII.
OF_ASCII: LiteralString = 'lower(actor_email COLLATE "C")'
OF_OTHERS: LiteralString = f"translate({OF_ASCII}, %(letters)s::text, %(folds)s::text)"
FACETS: LiteralString = " AND facets && %(facets)s::text[]"
AFTER: LiteralString = " AND (occurred_at, id) < (%(time)s, %(id)s)"
SHOWN: LiteralString = "AND xid < (SELECT ending FROM here)"
RECORDED_BY: LiteralString = " AND pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot)"


class ListQuery:
    """One list: the entries of a workspace that match a selection without a range of time."""

    def __init__(self, workspace_id: str, selection: Selection) -> None:
        self.workspace_id, self.selection = workspace_id, selection
        folded = fold_case(selection.actor or "")
        self._conditions: LiteralString = SELECTED.replace(OF_ASCII, OF_OTHERS) if folded.letters else SELECTED
        self._values: dict[str, Any] = {
            "workspace_id": workspace_id,
            "actions": list(selection.actions) or None,
            "source": selection.source,
            "channel": selection.channel,
            "actor": selection.actor,
            **folded._asdict(),
            "subject": selection.subject,
            "since": None,
            "before": None,
        }
        for number, values in enumerate(_facets_by_name(selection.facets)):
            self._conditions += FACETS.replace("%(facets)s", f"%(facets_{number})s")
            self._values[f"facets_{number}"] = values

    @property
    def key(self) -> ListKey:
        """What tells the list from others."""
        return self.workspace_id, self.selection

    def keys(
        self,
        snapshot: Snapshot | None,
        after: Key | None,
        limit: int,
        *,
        skipped: int = 0,
        within: Selection | None = None,
    ) -> Statement:
        """Finds at most `limit` keys of the list, newest first and packed: at `snapshot` (None: now), after the key `after`.

        It leaves out the first `skipped` of them, and with `within` what did not occur in its range of time.
        """
        place: LiteralString = ""
        values: Mapping[str, Any] = {**self._values, **_range(within), "limit": limit, "skipped": skipped}
        if snapshot is not None:
            place += RECORDED_BY
            values = {**values, "snapshot": snapshot.pg_snapshot}
        if after is not None:
            place += AFTER
            values = {**values, "time": key_index.time_of(after), "id": after[1]}
        text = KEYS.replace("/* selection */", self._conditions).replace("/* place */", place)
        return Statement(text, values)

    def recorded_since(self, snapshot: Snapshot, limit: int | None) -> Statement:
        """Finds the keys of what was recorded after `snapshot`, in no order, unless they are more than `limit`.

        `to_keys` reads the result.
        """
        return self.recorded_by(snapshot.later, limit)

    def newer(self, snapshot: Snapshot, within: Selection) -> Statement:
        """Counts what was recorded after `snapshot`, up to MAX_NEWER, and says whether there may be more; one row.

        Only entries count that occurred in the range of time of `within`.
        """
        more = {
            "single": _array(snapshot.running),
            "low": str(snapshot.xmax),
            "limit": MAX_NEWER,
            "read": MAX_NEWER_READ,
            "max_running": MAX_RUNNING,
        }
        return Statement(NEWER.replace("/* selection */", self._conditions), {**self._values, **_range(within), **more})

    def recorded_by(self, them: Transactions, limit: int | None) -> Statement:
        """As `recorded_since`, of what these transactions have recorded."""
        read = limit if limit is None or self.selection == Selection() else max(limit, MAX_RECORDED_READ)
        more = {
            "single": _array(them.single),
            "low": str(them.low),
            "high": str(LAST_XID if them.high is None else them.high),
            "without": _array(them.without),
            "limit": None if read is None else read + 1,
            "max_running": MAX_RUNNING,
        }
        return Statement(RECORDED.replace("/* selection */", self._conditions), {**self._values, **more})


def entries_by_id(workspace_id: str, ids: Sequence[int]) -> Statement:
    """Finds the entries of these ids in a workspace, newest first, without what is too long for a list; `to_entries` reads the result."""
    return Statement(PAGE, {"workspace_id": workspace_id, "ids": _array(ids), **PAGE_LIMITS})


def shown_entry(workspace_id: str, entry_id: int) -> Statement:
    """As `entries_by_id`, of one entry, unless no list would show it yet (SPEC 8)."""
    text = HERE + "\n" + PAGE.replace("/* shown */", SHOWN)
    return Statement(text, {**entries_by_id(workspace_id, [entry_id]).values, "max_running": MAX_RUNNING})


def whole_entry(workspace_id: str, entry_id: int) -> Statement:
    """As `shown_entry`, with its texts whole and without its diff; `to_entries` reads the result."""
    return Statement(ENTRY, {"workspace_id": workspace_id, "id": entry_id, "max_running": MAX_RUNNING})


def large_diffs(workspace_id: str, ids: Sequence[int], limit: int) -> Statement:
    """Finds ids, sizes in bytes, and diffs of at most `limit` bytes in UTF-8 (others are None)."""
    return Statement(LARGE_DIFFS, {"workspace_id": workspace_id, "ids": ids, "max_bytes": limit})


def actors(workspace_id: str) -> Statement:
    """Finds the names, e-mail addresses or ids, of those who did something in a workspace, most first; of a long list from a part of it."""
    return Statement(ACTORS, {"workspace_id": workspace_id})


def to_keys(rows: Sequence[tuple[Any, ...]], limit: int | None) -> list[Key] | None:
    """The result of `ListQuery.recorded_since`; None if there are more than `limit` keys, or too many entries to look for them."""
    packed, is_whole = rows[0]
    return (
        key_index.unpack(packed) if is_whole and (limit is None or len(packed) <= limit * key_index.KEY.size) else None
    )


def to_entries(rows: Sequence[tuple[Any, ...]]) -> tuple[Entry, ...]:
    """The result of `entries_by_id`, `shown_entry` or `whole_entry`."""
    return tuple(map(Entry._make, rows))


def _array(numbers: Sequence[int]) -> str:
    """Numbers as the text of an array: a list would take psycopg a tenth of a page's time."""
    return f"{{{','.join(map(str, numbers))}}}"


def _range(within: Selection | None) -> Mapping[str, Any]:
    if within is None:
        return {}
    return {"since": within.since and within.since.at, "before": within.before and within.before.at}


def _facets_by_name(facets: tuple[str, ...]) -> list[list[str]]:
    by_name: dict[str, list[str]] = {}
    for facet in facets:
        by_name.setdefault(facet.partition(":")[0], []).append(facet)
    return list(by_name.values())
