"""The values that go into the pipeline and come out of it. All are immutable, none knows a library.

They are named tuples, not dataclasses: one of each is made for every record, and a frozen dataclass costs about four
times as much to make. They are made by `new`, as `new(Record, (…))`: a named tuple's own constructor is a Python function
around it, and was 7 % of the process (docs/benchmarks.md).
"""

from typing import Any, NamedTuple, TypeAlias

from catalog.reasons import IgnoreReason, ParkReason

new = tuple.__new__

Headers: TypeAlias = tuple[tuple[str, bytes | None], ...] | list[tuple[str, bytes | None]]


class Partition(NamedTuple):
    """A partition of one incarnation of a topic: a re-created topic has the same name and another id."""

    topic: str
    topic_id: str
    number: int


class Record(NamedTuple):
    """One Kafka record as it was delivered; `timestamp_ms` is None where Kafka has none."""

    partition: Partition
    offset: int
    timestamp_ms: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers


class Skipped(NamedTuple):
    """Ignored records at the offsets from `first` to before `after`: of ignored types, or of other cells."""

    partition: Partition
    first: int
    after: int
    reason: IgnoreReason


class Unreadable(NamedTuple):
    """A record of which the Kafka client cannot decode the parts `missing`; `record` has the others, `detail` says why."""

    partition: Partition
    record: Record
    missing: tuple[str, ...]
    detail: str


class Envelope(NamedTuple):
    """The CloudEvents attributes, checked; `trace_id` is None where traceparent is absent or invalid.

    `time` is UTC with six digits and Z, as text; `time_us` is the same instant in microseconds since 1970.
    """

    id: str
    source: str
    type: str
    time: str
    time_us: int
    trace_id: str | None


class Event(NamedTuple):
    """An envelope and the data it carries, in the shape of our reader schema; numbers and text not yet sanitized."""

    envelope: Envelope
    data: dict[str, Any]


class Row(NamedTuple):
    """One row of `audit_event`, in the order in which it is written; `content_digest` is SHA-256 (SPEC 4).

    `occurred_at` is the text of a UTC instant, `kafka_timestamp` milliseconds since 1970: nothing formats them again.
    """

    workspace_id: str
    event_source: str
    event_id: str
    action: str
    facets: list[str]
    actor_type: str
    actor_id: str
    actor_email: str | None
    subject_type: str
    subject_id: str
    subject_label: str | None
    channel: str
    occurred_at: str
    diff: str
    kafka_topic: str
    kafka_partition: int
    kafka_offset: int
    kafka_timestamp: int | None
    content_digest: bytes
    trace_id: str | None


# The columns of an entry that the consumer writes. Whatever must repeat them, in SQL and elsewhere, is compared with this
# list by tests/unit/consumer/test_columns.py.
COLUMNS: tuple[str, ...] = Row._fields


class Recorded(NamedTuple):
    """A row to store; `sanitized` asks that the raw record be kept whole beside it."""

    row: Row
    sanitized: bool


class Ignored(NamedTuple):
    """Known, and not to be recorded."""

    reason: IgnoreReason


class Parked(NamedTuple):
    """Cannot be recorded; the raw record is kept with this reason."""

    reason: ParkReason
    detail: str


class NeedsSchema(NamedTuple):
    """Not an outcome yet: the schema of this id must be fetched from the registry, and the record run again."""

    schema_id: int


Outcome: TypeAlias = Recorded | Ignored | Parked


class Poison(Exception):
    """Raised inside the pipeline for what can never be recorded; `Pipeline.run` turns it into Parked."""

    def __init__(self, reason: ParkReason, detail: str) -> None:
        super().__init__(reason, detail)  # as they came, so that it survives pickling to a child process
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"
