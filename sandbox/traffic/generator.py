"""Sample traffic: services that publish plausible, related events of several workspaces.

Everything follows from a seed and a clock. Nothing here knows Kafka; `sandbox.traffic.publisher` publishes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle
from random import Random
from typing import NamedTuple, TypeAlias

import schemas
from catalog.topics import topic_of
from runtime.timestamps import iso
from sandbox.traffic.scenarios import CHANGES, NOISE, OPENING
from sandbox.traffic.workspace import Scenario, ScenarioEvent, Workspace, founded

Clock: TypeAlias = Callable[[], datetime]
Header: TypeAlias = tuple[str, bytes]


class Emission(NamedTuple):
    """One record to publish; the headers begin with `ce_id` and `ce_time`. A tombstone has neither value nor headers."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[Header]


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares between 0 and 1: of events that must be ignored, and of the Confluent framing.

    `schema_ids` gives the Schema Registry's id of each ce_type, and is needed where there is Confluent framing.
    """

    noise: float = 0.25
    confluent: float = 0.0
    schema_ids: Mapping[str, int] | None = None


class Traffic(Iterator[Emission]):
    """An endless iterator over the events of so many workspaces; each workspace's snapshots are truthful.

    `clock` gives the time of each event, in UTC. KeyError when a type with Confluent framing has no schema id.
    """

    def __init__(self, seed: int, workspaces: int, clock: Clock, mix: Mix | None = None) -> None:
        self._rng = Random(seed)
        self._clock = clock
        self._mix = mix or Mix()
        self._workspaces = [founded(self._rng, number) for number in range(workspaces)]

    def __next__(self) -> Emission:
        workspace = self._rng.choice(self._workspaces)
        event = self._next_of(workspace)
        return Emission(
            topic_of(event.ce_type),
            workspace.id.encode(),
            self._value(event),
            [*_identity(self._rng, self._clock), *_constant_headers(event.ce_type), *self._trace()],
        )

    def _next_of(self, workspace: Workspace) -> ScenarioEvent:
        if workspace.opening and self._rng.random() < self._mix.noise:
            return self._any_of(NOISE, workspace)
        while workspace.opening < len(OPENING):
            workspace.opening += 1
            event = OPENING[workspace.opening - 1](workspace)
            if event is not None:
                return event
        return self._any_of(CHANGES, workspace)

    def _any_of(self, scenarios: Sequence[Scenario], workspace: Workspace) -> ScenarioEvent:
        while True:
            event = self._rng.choice(scenarios)(workspace)
            if event is not None:
                return event

    def _value(self, event: ScenarioEvent) -> bytes:
        schema = schemas.latest(event.ce_type)
        if self._mix.confluent and self._rng.random() < self._mix.confluent:
            header = schemas.confluent_header((self._mix.schema_ids or {})[event.ce_type])
        else:
            header = schemas.single_object_header(schema)
        return header + schemas.body(schema, event.data)

    def _trace(self) -> list[Header]:
        if self._rng.random() < 0.5:
            return []
        bits = self._rng.getrandbits(192)
        return [("traceparent", f"00-{bits >> 64:032x}-{bits & (1 << 64) - 1:016x}-01".encode())]


def stepping_clock(start: datetime, step: timedelta) -> Clock:
    """A clock that goes on by one step each time it is read."""
    now = start - step

    def read() -> datetime:
        nonlocal now
        now += step
        return now

    return read


def again(pool: Sequence[Emission], seed: int, clock: Clock) -> Iterator[Emission]:
    """The same events again and again, each time with a new identity and time: cheap variation for bulk traffic."""
    rng = Random(seed)
    for emission in cycle(pool):
        yield emission._replace(headers=[*_identity(rng, clock), *emission.headers[2:]])


def _identity(rng: Random, clock: Clock) -> tuple[Header, Header]:
    hex_ = f"{rng.getrandbits(128):032x}"
    # The bits that make it a random UUID (RFC 9562, version 4) are set in its text, which is faster than uuid.UUID.
    uuid = f"{hex_[:8]}-{hex_[8:12]}-4{hex_[13:16]}-a{hex_[17:20]}-{hex_[20:]}"
    return ("ce_id", uuid.encode()), ("ce_time", iso(clock().astimezone(UTC)).encode())


@cache
def _constant_headers(ce_type: str) -> tuple[Header, ...]:
    service = topic_of(ce_type).removeprefix("callmine.")
    return (
        ("ce_specversion", b"1.0"),
        ("ce_source", f"/services/{service}".encode()),
        ("ce_type", ce_type.encode()),
        ("content-type", b"application/avro"),
    )
