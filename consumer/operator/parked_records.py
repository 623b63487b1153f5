"""Parked records: looking at them, running them again, deciding that they stay (SPEC 4 and 5).

Invariant: a parked record is never changed. What is done about it is a row of operator_action, written in the
transaction that stores what the replay gave; a record that still cannot be recorded stays parked.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

import sql
from catalog.cells import WHOLE
from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.model import Ignored, Outcome, Parked, Partition, Record, Recorded
from consumer.operator.actions import Refused, record_action
from consumer.operator.dry_run import DryRun
from consumer.partitions.cell import read_cell
from consumer.storage import store
from consumer.storage.batch import WriteResult
from consumer.storage.copy_row import copy_row
from consumer.storage.insert import insert_rows
from runtime.postgres import Connection, select
from runtime.timestamps import milliseconds

PARKED_LIST = sql.query("operator/parked_list")
PARKED_RECORD = sql.query("operator/parked_record")
PARKED_ACTIONS = sql.query("operator/parked_actions")

NO_LIMIT = 2**31


@dataclass(frozen=True, kw_only=True)
class ParkedSummary:
    """A parked record in a list; `action` and `outcome` are the last that was done, `matching` counts the whole list."""

    id: int
    topic: str
    number: int
    offset: int
    reason: str
    detail: str
    parked_at: datetime
    action: str | None
    outcome: str | None
    resolved: bool
    matching: int


@dataclass(frozen=True, kw_only=True)
class ParkedRecord:
    """A parked record, whole; `headers` as SPEC 5 keeps them."""

    id: int
    topic: str
    topic_id: str
    number: int
    offset: int
    timestamp: datetime | None
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | None]]
    reason: str
    detail: str
    parked_at: datetime

    def record(self) -> Record:
        """The record as Kafka delivered it."""
        timestamp_ms = None if self.timestamp is None else milliseconds(self.timestamp)
        headers = tuple((name, None if text is None else base64.b64decode(text)) for name, text in self.headers)
        partition = Partition(self.topic, self.topic_id, self.number)
        return Record(partition, self.offset, timestamp_ms, self.key, self.value, headers)


@dataclass(frozen=True, kw_only=True)
class ParkedAction:
    """A replay or dismissal of a parked record, and who did it, when and why."""

    action: str
    outcome: str | None
    detail: str | None
    reason: str
    performed_by: str
    performed_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReplayResult:
    """What a replay gave: an outcome's word, and why it was ignored or is still parked."""

    outcome: str
    detail: str | None


def list_parked(
    connection: Connection,
    *,
    reason: str | None = None,
    topic: str | None = None,
    resolved: bool,
    limit: int = NO_LIMIT,
) -> list[ParkedSummary]:
    """Parked records, oldest first: those that no one has resolved, or with `resolved` all."""
    return select(
        connection, ParkedSummary, PARKED_LIST, parked_as=reason, of_topic=topic, also_resolved=resolved, limit=limit
    )


def get_parked(connection: Connection, parked_id: int) -> ParkedRecord:
    """The parked record of this id. Raises Refused where there is none."""
    records = select(connection, ParkedRecord, PARKED_RECORD, id=parked_id)
    if not records:
        raise Refused(f"there is no parked record {parked_id}; `audit-consumer parked list` shows them")
    return records[0]


def list_actions(connection: Connection, parked_id: int) -> list[ParkedAction]:
    """What was done about a parked record, oldest first."""
    return select(connection, ParkedAction, PARKED_ACTIONS, id=parked_id)


def outcome_now(connection: Connection, dry_run: DryRun, parked: ParkedRecord) -> Outcome:
    """What would become of a parked record today. A copy of the database keeps what was parked before it became a cell."""
    cell = read_cell(connection)
    if cell != WHOLE and not cell.share.has(parked.key):
        return Ignored(IgnoreReason.OTHER_CELL)
    return dry_run.outcome(parked.record(), isolated=parked.reason == ParkReason.CRASH_LOOP)


def replay(connection: Connection, dry_run: DryRun, parked_id: int, reason: str) -> ReplayResult:
    """Runs a parked record through the present pipeline and stores the result, as one transaction.

    Replaying what was recorded meanwhile is a duplicate. Raises Refused, and what DryRun raises; then nothing was stored.
    """
    parked = get_parked(connection, parked_id)
    record = parked.record()
    outcome = outcome_now(connection, dry_run, parked)
    with connection.transaction():
        match outcome:
            case Recorded():
                result = _insert(connection, record, outcome)
            case Ignored(why):
                result = ReplayResult(outcome="ignored", detail=f"{why.value}: {why.meaning}")
            case Parked(why_not, detail):
                result = ReplayResult(outcome="parked", detail=f"{why_not.value}: {detail}")
            case _:
                assert_never(outcome)
        details: dict[str, Any] = {"parked_id": parked_id, "outcome": result.outcome, "detail": result.detail}
        record_action(connection, "replay", reason, details)
    return result


def dismiss(connection: Connection, ids: Sequence[int], reason: str) -> None:
    """Decides that parked records need no entry; all of them or, by raising Refused, none."""
    with connection.transaction():
        for parked_id in ids:
            get_parked(connection, parked_id)
            settled = [
                act for act in list_actions(connection, parked_id) if act.action == "dismiss" or act.outcome != "parked"
            ]
            if settled:
                last = settled[-1]
                resolution = "dismissed" if last.action == "dismiss" else f"replayed as {last.outcome}"
                raise Refused(f"parked record {parked_id} was {resolution} at {last.performed_at:%Y-%m-%d %H:%M:%S}Z")
            record_action(connection, "dismiss", reason, {"parked_id": parked_id})


def _insert(connection: Connection, record: Record, outcome: Recorded) -> ReplayResult:
    store.prepare(connection)
    written = WriteResult()
    with connection.cursor() as cursor:
        refused = insert_rows(cursor, [copy_row(record, outcome, 0)], written)
    if refused:
        return ReplayResult(outcome="parked", detail=f"{refused[0][1].reason.value}: {refused[0][1].detail}")
    for word, counted in (("recorded", written.recorded), ("duplicate", written.duplicate)):
        if counted:
            return ReplayResult(outcome=word, detail=None)
    return ReplayResult(
        outcome="conflict",
        detail="an entry with this identity and other content exists; this record is kept as a conflict",
    )
