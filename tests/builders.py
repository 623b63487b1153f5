"""Records for tests, made from the examples in `schemas/`: whole messages for Kafka, and the core's Record."""

import copy
import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import schemas
from catalog.audit_types import CATALOG
from consumer.event.model import Partition, Record
from schemas import Example
from tests.golden.outcome import FOLDER as GOLDEN

WORKSPACE = "org_2yVcf2cnAUUdIWwhWuKrOWMgRDd"
POSITION = Partition("callmine.members", "Zm9vYmFyYmF6cXV4MTIzNA", 0)


def _one_of_each() -> Mapping[str, tuple[str, str]]:
    """For each audit type the plainest example that the golden files say becomes it."""
    cases: dict[str, list[tuple[bool, str, str]]] = {audit_type.name: [] for audit_type in CATALOG}
    for file in sorted(GOLDEN.glob("*.v*/*.json")):
        outcome = json.loads(file.read_text("utf-8"))
        if outcome["outcome"] == "recorded" and not outcome["sanitized"]:
            ce_type = file.parent.name.rpartition(".v")[0]
            cases[outcome["row"]["action"]].append((file.stem != "plain", ce_type, file.stem))
    return {action: min(numbered)[1:] for action, numbered in cases.items()}


# What comes in, as (ce_type, case of the example), by the audit type that it becomes.
ONE_OF_EACH = _one_of_each()


class Message(NamedTuple):
    """What a service produces."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def identity(self) -> tuple[str, str, str]:
        """(workspace, ce_source, ce_id), as the audit table's unique key has it; for a message that has them all."""
        by_name = dict(self.headers)
        source, event_id = by_name["ce_source"], by_name["ce_id"]
        assert self.key is not None and source is not None and event_id is not None
        return self.key.decode(), source.decode(), event_id.decode()

    def with_headers(self, **changed: bytes | str | None) -> "Message":
        """The same with headers replaced (`ce_id=…`); None takes one away."""
        kept = tuple((name, value) for name, value in self.headers if name.replace("-", "_") not in changed)
        added = [
            (name.replace("content_type", "content-type"), value)
            for name, value in changed.items()
            if value is not None
        ]
        return self._replace(headers=(*kept, *((n, v.encode() if isinstance(v, str) else v) for n, v in added)))


def example(ce_type: str, case: str = "plain") -> Example:
    """An example of `schemas/`, its data ready to be changed."""
    return copy.deepcopy(_examples()[ce_type, case])


def event(
    ce_type: str = "member.removed",
    case: str = "plain",
    *,
    event_id: str | None = None,
    workspace: str | None = None,
    schema_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Message:
    """An event as a service sends it, with an id of its own unless given.

    `data` replaces top-level fields of the example's. With `schema_id` it is in Confluent framing, else single-object.
    """
    sample = example(ce_type, case)
    key = workspace or sample.key
    body = {**sample.data, "workspace_id": key, **(data or {})}
    schema = schemas.latest(ce_type)
    if schema_id is None:
        value = schemas.encode_single_object(schema, body)
    else:
        value = schemas.encode_confluent(schema_id, schema, body)
    named = {**sample.headers, "ce_id": event_id or str(uuid.uuid4()), **(headers or {})}
    return Message(key.encode(), value, tuple((name, text.encode()) for name, text in named.items()))


def events(number: int, *, workspaces: int = 5) -> list[Message]:
    """`number` events of all audit types in turn, over some workspaces."""
    return list(itertools.islice(stream(workspaces), number))


def record(
    message: Message, *, offset: int = 0, partition: Partition = POSITION, timestamp_ms: int | None = 0
) -> Record:
    """The message as the consumer would get it from Kafka."""
    return Record(partition, offset, timestamp_ms, message.key, message.value, message.headers)


def stream(workspaces: int) -> Iterator[Message]:
    """Events without end: all audit types in turn for a workspace, then for the next one."""
    emissions = [
        event(ce_type, case, workspace=f"{WORKSPACE}{number}")
        for number in range(workspaces)
        for ce_type, case in ONE_OF_EACH.values()
    ]
    for message in itertools.cycle(emissions):
        yield message.with_headers(ce_id=str(uuid.uuid4()))


@cache
def _examples() -> Mapping[tuple[str, str], Example]:
    return {(sample.ce_type, sample.case): sample for sample in schemas.examples()}
