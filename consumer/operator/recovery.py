"""What an operator may change about a partition: accept a gap, read again, go on (SPEC 4 and 7).

Law of this file: each is one transaction with its row of operator_action; offsets only ever move so that the accounting
balances (a gap is counted, what is given back is `reread`); and a raised epoch fences whoever reads the partition now.
"""

from datetime import datetime
from typing import NamedTuple

import sql
from catalog.reasons import GapCause, HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.operator.actions import Refused, note
from runtime.postgres import Connection, select

GAPS = sql.query("operator/gaps")
PROGRESS_OF = sql.query("operator/progress_of")
GAP_MOVE = sql.query("operator/gap_move")
GAP_RETIRE = sql.query("operator/gap_retire")
GAP_LIFT = sql.query("operator/gap_lift")
REWIND = sql.query("operator/rewind")
RESUME = sql.query("operator/resume")


class StatedGap(NamedTuple):
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


class Standing(NamedTuple):
    """Where one incarnation of a partition stands."""

    topic: str
    topic_id: str
    number: int
    next_offset: int
    halted: str | None
    halted_detail: str | None
    retired_at: datetime | None


def stated_gaps(connection: Connection, *, accepted: bool) -> list[StatedGap]:
    """The gaps that wait for an operator; with `accepted`, the others too."""
    return select(connection, StatedGap, GAPS, gap_id=None, also_accepted=accepted)


def accept_gap(connection: Connection, gap_id: int, reason: str) -> str:
    """Accepts a stated gap, so that its partition goes on; one line that says what became of it. Raises Refused."""
    with connection.transaction():
        gap = _gap(connection, gap_id)
        standings = _standings(connection, gap.topic, gap.number)
        gap = _gap(connection, gap_id)  # again, behind the lock: another operator may have been quicker
        if gap.accepted_at is not None:
            raise Refused(f"gap {gap.id} was accepted at {gap.accepted_at:%Y-%m-%d %H:%M:%S}Z by {gap.accepted_by}")
        standing = next((s for s in standings if s.topic_id == gap.topic_id), None)
        if standing is None:
            raise Refused(f"gap {gap.id}: {gap.topic}/{gap.number} has no progress under the id {gap.topic_id}")
        moved, said = _close(connection, gap, standing)
        key = {"topic": gap.topic, "topic_id": gap.topic_id, "number": gap.number}
        note(connection, "accept_gap", reason, {**key, **moved, "gap_id": gap.id})
        lifted = connection.execute(GAP_LIFT, key).fetchone() is not None
    return f"gap {gap.id} accepted: {said}" + ("; the partition goes on" if lifted else "")


def rewind(connection: Connection, partition: Partition, bounds: Bounds, to: int, reason: str) -> int:
    """Lets `partition` be read again from offset `to`; the offset where it stood. Raises Refused.

    `bounds` are those of the log now. A halt is not lifted by this.
    """
    name = f"{partition.topic}/{partition.number}"
    with connection.transaction():
        found = [s for s in _standings(connection, *_name(partition)) if s.topic_id == partition.topic_id]
        if not found or found[0].retired_at is not None:
            raise Refused(f"{name} was never read: it begins at its beginning by itself")
        stood = found[0].next_offset
        if found[0].halted == HaltCause.GAP:
            raise Refused(f"{name} stands at a gap: {_waiting(connection, partition.topic, partition.number)}")
        if not bounds.low <= to <= bounds.high:
            raise Refused(f"offset {to} is not in the log of {name}, which has {bounds.low} to {bounds.high}")
        if to >= stood:
            raise Refused(f"{name} stands at {stood}, and {to} is not before it: going forward would skip records")
        key = {"topic": partition.topic, "topic_id": partition.topic_id, "number": partition.number, "to_offset": to}
        connection.execute(REWIND, key)
        note(connection, "rewind", reason, {**key, "from_offset": stood})
    return stood


def resume(connection: Connection, topic: str, number: int, reason: str) -> HaltCause:
    """Lets a halted partition go on where it stands; what it was halted for. Raises Refused, for a gap too."""
    with connection.transaction():
        current = [s for s in _standings(connection, topic, number) if s.retired_at is None]
        halted = [s for s in current if s.halted is not None]
        if not halted:
            raise Refused(f"{topic}/{number} is not halted" if current else f"{topic}/{number} was never read")
        if any(s.halted == HaltCause.GAP for s in halted):
            raise Refused(f"{topic}/{number} stands at a gap: {_waiting(connection, topic, number)}")
        for standing in halted:
            key = {"topic": topic, "topic_id": standing.topic_id, "number": number}
            connection.execute(RESUME, key)
            note(connection, "resume", reason, {**key, "detail": f"{standing.halted}: {standing.halted_detail}"})
    return HaltCause.of(str(halted[0].halted))


def _close(connection: Connection, gap: StatedGap, standing: Standing) -> tuple[dict[str, object], str]:
    """Does to the progress what accepting `gap` means; the offsets before and after, if any moved, and words for it."""
    key = {"topic_id": gap.topic_id, "number": gap.number}
    if standing.retired_at is not None:  # a later gap, that the topic was made anew, covers it
        return {}, "noted; the topic has been made anew since, so nothing moves"
    if gap.cause == GapCause.TOPIC_RECREATED:
        connection.execute(GAP_RETIRE, key)
        return {}, f"the old log of {gap.topic}/{gap.number} is retired at offset {standing.next_offset}"
    assert gap.end is not None
    stands_at, to = (gap.end, gap.start) if gap.cause == GapCause.LOG_TRUNCATED else (gap.start, gap.end)
    if standing.next_offset != stands_at or standing.halted != HaltCause.GAP:
        raise Refused(
            f"gap {gap.id} begins where {gap.topic}/{gap.number} no longer stands (at {standing.next_offset}, not "
            f"{stands_at}, halted: {standing.halted or 'no'}); it is not needed any more, or another one took its place"
        )
    connection.execute(GAP_MOVE, {**key, "to_offset": to})
    return {
        "from_offset": stands_at,
        "to_offset": to,
    }, f"{gap.topic}/{gap.number} moves from offset {stands_at} to {to}"


def _gap(connection: Connection, gap_id: int) -> StatedGap:
    found = select(connection, StatedGap, GAPS, gap_id=gap_id, also_accepted=True)
    if not found:
        raise Refused(f"there is no gap {gap_id}; `audit-consumer gaps list` shows them")
    return found[0]


def _standings(connection: Connection, topic: str, number: int) -> list[Standing]:
    return select(connection, Standing, PROGRESS_OF, topic=topic, number=number)


def _waiting(connection: Connection, topic: str, number: int) -> str:
    waiting = [gap for gap in stated_gaps(connection, accepted=False) if (gap.topic, gap.number) == (topic, number)]
    return "use " + " and ".join(f"`audit-consumer gaps accept {gap.id}`" for gap in waiting)


def _name(partition: Partition) -> tuple[str, int]:
    return partition.topic, partition.number
