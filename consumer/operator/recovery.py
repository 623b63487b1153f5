"""What an operator may do with a partition: accept a gap, rewind it, resume it (SPEC 4 and 7).

Invariants: each is one transaction with its row of operator_action; offsets only ever move so that the accounting
balances (a gap is counted; rewound offsets are counted as `reread`); and a raised epoch fences the present reader.
"""

from dataclasses import dataclass
from datetime import datetime

import sql
from catalog.reasons import GapCause, HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.operator.actions import Refused, record_action
from consumer.partitions.progress import PartitionProgress
from runtime.postgres import Connection, select

GAPS = sql.query("operator/gaps")
PROGRESS_OF = sql.query("operator/progress_of")
GAP_MOVE = sql.query("operator/gap_move")
GAP_RETIRE = sql.query("operator/gap_retire")
GAP_LIFT = sql.query("operator/gap_lift")
REWIND = sql.query("operator/rewind")
RESUME = sql.query("operator/resume")
STATE_GAP = sql.query("operator/gap_state")


@dataclass(frozen=True, kw_only=True)
class StatedGap:
    """A row of data_gap, offsets [start, end), and who accepted it, if anyone has."""

    id: int
    topic: str
    topic_id: str
    number: int
    start: int
    end: int | None
    cause: str
    stated_at: datetime
    accepted_at: datetime | None
    accepted_by: str | None
    accepted_reason: str | None


def stated_gaps(connection: Connection, *, accepted: bool) -> list[StatedGap]:
    """The gaps that wait for an operator; with `accepted`, the others too."""
    return select(connection, StatedGap, GAPS, gap_id=None, also_accepted=accepted)


def accept_gap(connection: Connection, gap_id: int, reason: str) -> str:
    """Accepts a stated gap, so that its partition continues; one line that says what became of it. Raises Refused."""
    with connection.transaction():
        gap = _gap(connection, gap_id)
        rows = _lock_progress(connection, gap.topic, gap.number)
        gap = _gap(connection, gap_id)  # again, with the lock held: another operator may have been quicker
        if gap.accepted_at is not None:
            raise Refused(f"gap {gap.id} was accepted at {gap.accepted_at:%Y-%m-%d %H:%M:%S}Z by {gap.accepted_by}")
        progress = next((row for row in rows if row.topic_id == gap.topic_id), None)
        if progress is None:
            raise Refused(f"gap {gap.id}: {gap.topic}/{gap.number} has no progress under the id {gap.topic_id}")
        offsets, words = _apply_gap(connection, gap, progress)
        key = {"topic": gap.topic, "topic_id": gap.topic_id, "number": gap.number}
        record_action(connection, "accept_gap", reason, {**key, **offsets, "gap_id": gap.id})
        resumed = connection.execute(GAP_LIFT, key).fetchone() is not None
    return f"gap {gap.id} accepted: {words}" + ("; the partition continues" if resumed else "")


def state_damaged_range(connection: Connection, partition: Partition, bounds: Bounds, to: int, reason: str) -> int:
    """States offsets from the next one of `partition` to before `to` as a gap, accepts it, and resumes the partition.

    For a partition that is halted because the broker's log is damaged; `bounds` are those of the log now. Returns the
    offset that was next, where the gap begins. Raises Refused.
    """
    name = f"{partition.topic}/{partition.number}"
    with connection.transaction():
        rows = _lock_progress(connection, partition.topic, partition.number)
        progress = next((row for row in rows if row.topic_id == partition.topic_id), None)
        if progress is None or progress.halted != HaltCause.DAMAGED_LOG:
            halted = None if progress is None else progress.halted
            raise Refused(
                f"{name} is halted by {halted or 'nothing'}; only a partition that is halted by damaged_log can be continued like this"
            )
        if not max(bounds.low, progress.next_offset + 1) <= to <= bounds.high:
            raise Refused(
                f"offset {to} is not after the next offset, {progress.next_offset}, or not in the log, which has "
                f"{bounds.low} to {bounds.high}"
            )
        key = {"topic": partition.topic, "topic_id": partition.topic_id, "number": partition.number}
        moves = {**key, "from_offset": progress.next_offset, "to_offset": to}
        cause = GapCause.LOG_DAMAGED
        stated = {**moves, "epoch": progress.epoch, "cause": cause, "detail": str(progress.halted_detail)}
        row = connection.execute(STATE_GAP, stated).fetchone()
        assert row is not None
        connection.execute(GAP_MOVE, moves)
        connection.execute(RESUME, key)
        record_action(connection, "accept_gap", reason, {**moves, "gap_id": row[0]})
    return progress.next_offset


def rewind(connection: Connection, partition: Partition, bounds: Bounds, to: int, reason: str) -> int:
    """Reads `partition` again from offset `to`; returns its next offset before. Raises Refused.

    `bounds` are those of the log now. A halted partition stays halted.
    """
    name = f"{partition.topic}/{partition.number}"
    with connection.transaction():
        locked = _lock_progress(connection, partition.topic, partition.number)
        rows = [row for row in locked if row.topic_id == partition.topic_id]
        if not rows or rows[0].retired_at is not None:
            raise Refused(f"{name} was never read: reading will start at its beginning anyway")
        previous = rows[0].next_offset
        if rows[0].halted == HaltCause.GAP:
            raise Refused(
                f"{name} is halted by a gap: {_accept_commands(connection, partition.topic, partition.number)}"
            )
        if not bounds.low <= to <= bounds.high:
            raise Refused(f"offset {to} is not in the log of {name}, which has {bounds.low} to {bounds.high}")
        if to >= previous:
            raise Refused(
                f"the next offset of {name} is {previous}, and {to} is not before it: going forward would skip records"
            )
        key = {"topic": partition.topic, "topic_id": partition.topic_id, "number": partition.number, "to_offset": to}
        connection.execute(REWIND, key)
        record_action(connection, "rewind", reason, {**key, "from_offset": previous})
    return previous


def resume(connection: Connection, topic: str, number: int, reason: str) -> HaltCause:
    """Resumes a halted partition at its next offset; returns the cause of the halt. Raises Refused, for a gap too."""
    with connection.transaction():
        current = [row for row in _lock_progress(connection, topic, number) if row.retired_at is None]
        halted = [row for row in current if row.halted is not None]
        if not halted:
            raise Refused(f"{topic}/{number} is not halted" if current else f"{topic}/{number} was never read")
        if any(row.halted == HaltCause.GAP for row in halted):
            raise Refused(f"{topic}/{number} is halted by a gap: {_accept_commands(connection, topic, number)}")
        for progress in halted:
            key = {"topic": topic, "topic_id": progress.topic_id, "number": number}
            connection.execute(RESUME, key)
            record_action(
                connection, "resume", reason, {**key, "detail": f"{progress.halted}: {progress.halted_detail}"}
            )
    return HaltCause.of(str(halted[0].halted))


def _apply_gap(connection: Connection, gap: StatedGap, progress: PartitionProgress) -> tuple[dict[str, object], str]:
    """Moves the progress as accepting `gap` requires; returns the offsets before and after, if it moved, and a description."""
    key = {"topic_id": gap.topic_id, "number": gap.number}
    if progress.retired_at is not None:  # a later gap, stated when the topic was re-created, covers it
        return {}, "noted; the topic was re-created since, so nothing moves"
    if gap.cause not in set(GapCause):
        raise Refused(
            f"gap {gap.id} has the cause {gap.cause}, which only another version of audit-consumer knows: use that one"
        )
    if gap.cause == GapCause.TOPIC_RECREATED:
        connection.execute(GAP_RETIRE, key)
        return {}, f"the old log of {gap.topic}/{gap.number} is retired at offset {progress.next_offset}"
    assert gap.end is not None
    expected, to = (gap.end, gap.start) if gap.cause == GapCause.LOG_TRUNCATED else (gap.start, gap.end)
    if progress.next_offset != expected or progress.halted != HaltCause.GAP:
        raise Refused(
            f"gap {gap.id} begins where {gap.topic}/{gap.number} no longer is (at {progress.next_offset}, not "
            f"{expected}, halted: {progress.halted or 'no'}); it is not needed any more, or another one took its place"
        )
    connection.execute(GAP_MOVE, {**key, "to_offset": to})
    moved: dict[str, object] = {"from_offset": expected, "to_offset": to}
    return moved, f"{gap.topic}/{gap.number} moves from offset {expected} to {to}"


def _gap(connection: Connection, gap_id: int) -> StatedGap:
    rows = select(connection, StatedGap, GAPS, gap_id=gap_id, also_accepted=True)
    if not rows:
        raise Refused(f"there is no gap {gap_id}; `audit-consumer gaps list` shows them")
    return rows[0]


def _lock_progress(connection: Connection, topic: str, number: int) -> list[PartitionProgress]:
    return select(connection, PartitionProgress, PROGRESS_OF, topic=topic, number=number)


def _accept_commands(connection: Connection, topic: str, number: int) -> str:
    gaps = [gap for gap in stated_gaps(connection, accepted=False) if (gap.topic, gap.number) == (topic, number)]
    return "use " + " and ".join(f"`audit-consumer gaps accept {gap.id}`" for gap in gaps)
