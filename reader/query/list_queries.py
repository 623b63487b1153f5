"""The statements about a list: what its keys are, what has been recorded since, and the rows of a page."""

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString

import sql
from reader.model import Entry, Selection
from reader.query import key_index
from reader.query.database import Database, Statement, be_patient
from reader.query.key_index import Key, Roll
from reader.query.snapshot import Horizon
from runtime.postgres import Connection

KEYS = sql.query("reader/keys")
RECORDED_SINCE = sql.query("reader/recorded_since")
PAGE = sql.query("reader/page")

# What a selection asks of an entry; as a rule its range of time is found in the roll instead. One text for all selections, so that each
# session plans it once. Facets of one name are alternatives, those of several names must all hold.
SELECTED: LiteralString = """
    AND (%(actions)s::text[] IS NULL OR action = ANY(%(actions)s::text[]))
    AND (%(source)s::text IS NULL OR source = %(source)s::text)
    AND (%(channel)s::text IS NULL OR channel = %(channel)s::text)
    AND (%(actor)s::text IS NULL OR actor_id = %(actor)s::text OR actor_email = %(actor)s::text)
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s::timestamptz)
    AND (%(before)s::timestamptz IS NULL OR occurred_at < %(before)s::timestamptz)"""
FACETS: LiteralString = " AND facets && %(facets)s::text[]"
BEHIND: LiteralString = " AND (occurred_at, id) < (%(time)s, %(id)s)"
RECORDED_BY: LiteralString = " AND pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot)"
PIECE = 4_000_000  # keys at a time


class Reading:
    """The statements about one list: the entries of a workspace that a selection asks for, whatever its range of time."""

    def __init__(self, workspace_id: str, selection: Selection) -> None:
        self.workspace_id = workspace_id
        self._clause: LiteralString = SELECTED
        self._values: dict[str, Any] = {
            "workspace_id": workspace_id,
            "actions": list(selection.actions) or None,
            "source": selection.source,
            "channel": selection.channel,
            "actor": selection.actor,
            "since": None,
            "before": None,
        }
        for number, values in enumerate(_alternatives(selection.facets)):
            self._clause += FACETS.replace("%(facets)s", f"%(facets_{number})s")
            self._values[f"facets_{number}"] = values

    def whole(self, database: Database, horizon: Horizon | None = None) -> Roll:
        """The roll of the list at `horizon`, or as it is now, by reading it through. Raises Unavailable."""
        with database.workspace(self.workspace_id) as session:
            be_patient(session.connection)
            now = Horizon.of(session.moment.time, session.moment.snapshot)

            def pieces() -> Iterator[bytes]:
                values = {**self._values, "most": PIECE, "snapshot": horizon.snapshot if horizon else None}
                recorded_by: LiteralString = RECORDED_BY if horizon else ""
                piece = self._keys(session.connection, recorded_by, values)
                yield piece
                while len(piece) == PIECE * key_index.KEY.size:
                    last = key_index.keys(piece[-key_index.KEY.size :])[0]
                    values |= {"time": key_index.time_of(last), "id": last[1]}
                    piece = self._keys(session.connection, recorded_by + BEHIND, values)
                    yield piece

            return Roll.of(horizon or now, pieces())

    def recorded_since(self, horizon: Horizon, most: int | None, within: Selection | None = None) -> Statement:
        """Asks for the keys of what was recorded after `horizon`, in no order; `recorded` reads them.

        At most so many, and if `within` is given, those that have occurred in its range of time.
        """
        values = {**self._values, "low": str(horizon.low), "snapshot": horizon.snapshot, "most": most}
        if within:
            values |= {"since": within.since and within.since.at, "before": within.before and within.before.at}
        return Statement(RECORDED_SINCE.replace("/* selection */", self._clause), values)

    def _keys(self, connection: Connection, clause: LiteralString, values: dict[str, Any]) -> bytes:
        text = KEYS.replace("/* selection */", self._clause).replace("/* place */", clause)
        row = connection.execute(text, values, binary=True).fetchone()
        assert row is not None
        return bytes(row[0])


def rows(workspace_id: str, ids: Sequence[int]) -> Statement:
    """Asks for the entries of these ids of a workspace, newest first."""
    return Statement(PAGE, {"workspace_id": workspace_id, "ids": ids})


def recorded(found: Sequence[tuple[Any, ...]]) -> list[Key]:
    """The keys that `recorded_since` found."""
    return key_index.keys(found[0][0])


def entries(found: Sequence[tuple[Any, ...]]) -> tuple[Entry, ...]:
    """The rows of a page as entries."""
    return tuple(map(Entry._make, found))


def _alternatives(facets: tuple[str, ...]) -> list[list[str]]:
    """Facets by their name."""
    by_name: dict[str, list[str]] = {}
    for facet in facets:
        by_name.setdefault(facet.partition(":")[0], []).append(facet)
    return list(by_name.values())
