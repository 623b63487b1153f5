"""The workspace as of one seal or more, with its way up the map and the log (section 9)."""

from collections.abc import Iterable, Sequence

from export.evidence.chains import days_as_of
from export.evidence.sealed_log import SealedLog
from export.format.days import DayHead, encode_days
from export.format.encoding import EMPTY_HASH
from export.format.errors import incomplete, tampered
from export.format.proof import View
from export.format.record import parse_record
from export.format.workspace_map import MapLocation, climb, leaf_hash, locate
from export.tables.database import Connection
from export.tables.heads import all_heads


def make_views(
    connection: Connection, log: SealedLog, key: str, seals: Iterable[int]
) -> tuple[Sequence[View], Sequence[DayHead]]:
    """The views of a workspace as of each of these seals, and its days as of the newest, which is among them.

    Raises ExportError: TAMPERED where the tables are not what was signed; INCOMPLETE for a seal that the database lost.
    """
    views: list[View] = []
    days: Sequence[DayHead] = ()
    for seal in sorted(set(seals)):
        if log.is_lost(seal):
            raise incomplete(
                f"seal {seal} was lost when the database was restored: nothing can be shown as of a checkpoint of size "
                f"{seal + 1}; give the receiver's checkpoints taken before or after"
            )
        view, days = _view(connection, log, key, seal)
        views.append(view)
    return views, days


def _view(connection: Connection, log: SealedLog, key: str, seal: int) -> tuple[View, Sequence[DayHead]]:
    text = log.records[seal]
    record = parse_record(text)
    location = locate(all_heads(connection, seal), key)
    if climb(key, location.path, _bottom(location)) != record.map_root:
        raise tampered(f"audit_sealed_workspace is not what was sealed: its map is not that of seal {seal}")
    other = location.other(key)
    head = None if location.neighbor is None or other is not None else location.neighbor[1]
    days = days_as_of(connection, key, head, seal)
    view = View(
        record_text=text,
        record=record,
        inclusion=log.inclusion(seal),
        consistency=log.consistency(seal),
        path=location.path,
        days=encode_days(key, days) if days else None,
        other=other,
    )
    return view, days


def _bottom(location: MapLocation) -> str:
    return EMPTY_HASH if location.neighbor is None else leaf_hash(*location.neighbor)
