"""The parking lot: looking at parked records, running them again, deciding that they stay (SPEC 4 and 5).

Law of this file: a parked record is never changed. What is done about it is a row of operator_action, written in the
transaction that stores what the replay gave; a record that still cannot be recorded stays parked.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sql
from catalog.reasons import ParkReason
from consumer.event.model import Ignored, Parked, Partition, Record, Recorded
from consumer.operator.actions import Refused, note
from consumer.operator.dry_run import Judge
from consumer.storage import store
from consumer.storage.batch import Settled
from consumer.storage.copy_row import staged
from runtime.postgres import Connection, select

PARKED_LIST = sql.query("operator/parked_list")
PARKED_RECORD = sql.query("operator/parked_record")
PARKED_ACTIONS = sql.query("operator/parked_actions")

ALL = 2**31
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Listed(NamedTuple):
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


class Stored(NamedTuple):
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
        milliseconds = None if self.timestamp is None else (self.timestamp - _EPOCH) // timedelta(milliseconds=1)
        headers = tuple((name, None if text is None else base64.b64decode(text)) for name, text in self.headers)
        partition = Partition(self.topic, self.topic_id, self.number)
        return Record(partition, self.offset, milliseconds, self.key, self.value, headers)


class Done(NamedTuple):
    """Something that was done about a parked record."""

    action: str
    outcome: str | None
    detail: str | None
    reason: str
    performed_by: str
    performed_at: datetime


class Replayed(NamedTuple):
    """What a replay gave: an outcome's word, and why it was ignored or is still parked."""

    outcome: str
    detail: str | None


def listed(
    connection: Connection, *, reason: str | None = None, topic: str | None = None, resolved: bool, limit: int = ALL
) -> list[Listed]:
    """Parked records, oldest first: those that no one has resolved, or with `resolved` all."""
    return select(connection, Listed, PARKED_LIST, parked_as=reason, of_topic=topic, also_resolved=resolved, most=limit)


def stored(connection: Connection, parked_id: int) -> Stored:
    """The parked record of this id. Raises Refused where there is none."""
    found = select(connection, Stored, PARKED_RECORD, id=parked_id)
    if not found:
        raise Refused(f"there is no parked record {parked_id}; `audit-consumer parked list` shows them")
    return found[0]


def done(connection: Connection, parked_id: int) -> list[Done]:
    """What was done about a parked record, oldest first."""
    return select(connection, Done, PARKED_ACTIONS, id=parked_id)


def replay(connection: Connection, judge: Judge, parked_id: int, reason: str) -> Replayed:
    """Runs a parked record through the pipeline of today and stores what it gives, as one transaction.

    Replaying what was recorded meanwhile is a duplicate. Raises Refused, and what Judge raises; then nothing was stored.
    """
    kept = stored(connection, parked_id)
    record = kept.record()
    outcome = judge.judge(record, deadly=kept.reason == ParkReason.CRASH_LOOP)
    with connection.transaction():
        match outcome:
            case Recorded():
                given = _insert(connection, record, outcome)
            case Ignored(why):
                given = Replayed("ignored", f"{why.value}: {why.meaning}")
            case Parked(why_not, detail):
                given = Replayed("parked", f"{why_not.value}: {detail}")
        what: dict[str, Any] = {"parked_id": parked_id, "outcome": given.outcome, "detail": given.detail}
        note(connection, "replay", reason, what)
    return given


def dismiss(connection: Connection, ids: Sequence[int], reason: str) -> None:
    """Decides that parked records need no entry; all of them or, by raising Refused, none."""
    with connection.transaction():
        for parked_id in ids:
            stored(connection, parked_id)
            settled = [act for act in done(connection, parked_id) if act.action == "dismiss" or act.outcome != "parked"]
            if settled:
                last = settled[-1]
                what = "dismissed" if last.action == "dismiss" else f"replayed as {last.outcome}"
                raise Refused(f"parked record {parked_id} was {what} at {last.performed_at:%Y-%m-%d %H:%M:%S}Z")
            note(connection, "dismiss", reason, {"parked_id": parked_id})


def _insert(connection: Connection, record: Record, outcome: Recorded) -> Replayed:
    store.prepare(connection)
    settled = Settled()
    with connection.cursor() as cursor:
        refused = store.record_rows(cursor, [staged(record, outcome, 0)], settled)
    if refused:
        return Replayed("parked", f"{refused[0][1].reason.value}: {refused[0][1].detail}")
    for word, counted in (("recorded", settled.recorded), ("duplicate", settled.duplicate)):
        if counted:
            return Replayed(word, None)
    return Replayed("conflict", "an entry with this identity and other content stands; this one is kept beside it")
