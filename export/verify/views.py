"""Each view of the proof: its order, its record's place in the log, its days' place in the map (check 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from export.format import merkle, workspace_map
from export.format.checkpoint import Checkpoint
from export.format.days import DayHead, days_hash, parse_days
from export.format.encoding import EMPTY_HASH
from export.format.errors import tampered
from export.format.proof import View
from export.format.record import SealRecord, check_values, record_leaf


@dataclass(frozen=True, kw_only=True)
class WorkspaceState:
    """A workspace as of one seal, proven: the record of the seal, and the days by their dates; none if it had no entries."""

    record: SealRecord
    days: dict[str, DayHead]
    consistency: Sequence[bytes]


def check_views(views: Sequence[View], checkpoint: Checkpoint, key: str) -> list[WorkspaceState]:
    """Proves every view, the oldest first; TAMPERED or MALFORMED at the first that does not hold."""
    states: list[WorkspaceState] = []
    for view in views:
        if states:
            _check_order(states[-1].record, view.record)
        states.append(_check_view(view, checkpoint, key))
    newest = states[-1].record.seal
    if newest != checkpoint.size - 1:
        raise tampered(f"proof.json: the last view is of seal {newest}, the checkpoint ends with {checkpoint.size - 1}")
    return states


def _check_order(before: SealRecord, record: SealRecord) -> None:
    if record.seal <= before.seal:
        raise tampered(f"proof.json: views are not ascending: seal {record.seal} follows {before.seal}")
    if record.time <= before.time:
        raise tampered(f"proof.json: seal {record.seal} is not later than seal {before.seal}")


def _check_view(view: View, checkpoint: Checkpoint, key: str) -> WorkspaceState:
    record = view.record
    leaf = record_leaf(view.record_text)
    if not merkle.verify_inclusion(leaf, record.seal, checkpoint.size, view.inclusion, checkpoint.root):
        raise tampered(f"proof.json: the record of seal {record.seal} is not in the log at that place")
    check_values(record)
    days = [] if view.days is None else parse_days(view.days, key)
    _check_path(view, key)
    return WorkspaceState(record=record, days={day.day: day for day in days}, consistency=view.consistency)


def _check_path(view: View, key: str) -> None:
    """Climbs from the leaf, the other workspace's leaf or the empty place to the map of the record."""
    where = f"proof.json: seal {view.record.seal}"
    path = view.path
    if len(path) > workspace_map.KEY_BITS:
        raise tampered(f"{where}: the path is longer than a key has bits")
    if path and path[-1] == EMPTY_HASH:
        raise tampered(f"{where}: the path continues where one workspace is left")
    if view.days is not None:
        bottom = workspace_map.leaf_hash(key, days_hash(view.days))
    elif view.other is None:
        bottom = EMPTY_HASH
    else:
        other, other_days = view.other
        if other == key or workspace_map.shared_bits(key, other) < len(path):
            raise tampered(f"{where}: the other workspace has no place at the end of the path")
        bottom = workspace_map.leaf_hash(other, other_days)
    if workspace_map.climb(key, path, bottom) != view.record.map_root:
        raise tampered(f"{where}: the path does not lead from the workspace's days to the map of the record")
