"""Traffic of other shapes than the demo's: what may come of it is looked for a cliff."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import NamedTuple

import schemas
from catalog.topics import TOPICS
from sandbox.bench.load import IGNORED_ON_WIRE, NOISE, PARTITIONS, POOL, WORKSPACES, Load, traffic
from sandbox.traffic import names
from sandbox.traffic.generator import Emission, Mix, again, stepping_clock
from sandbox.traffic.workspace import founded

SEED = 7
ONE_TOPIC = ("all",)
SETTINGS = "workspace.settings_changed"
# Of an e-mail address; another @ may be the length of a text.
AT = re.compile(rb"@(?=[a-z-]+\.example)")


class Shape(NamedTuple):
    """What is published, without an end, and where to. Of large records only the part `share` of what is asked for.

    `properties` are the producer's; `transaction` is how many records each transaction has, where there are any.
    """

    emissions: Callable[[], Iterator[Emission]]
    share: float = 1.0
    topics: Sequence[str] = TOPICS
    partitions: int = PARTITIONS
    properties: Mapping[str, str] | None = None
    transaction: int = 0

    def load(self, bootstrap: str, name: str, records: int) -> Load:
        """So many of them, or that part, in topics of this name."""
        load = Load(bootstrap, name, topics=self.topics, partitions=self.partitions)
        emissions = islice(self.emissions(), max(1, int(records * self.share)))
        if self.transaction:
            load.send_in_transactions(emissions, self.transaction)
        else:
            load.send(emissions, properties=self.properties)
        return load


def shapes(schema_ids: Mapping[str, int]) -> dict[str, Shape]:
    """All of them but the demo's own; `schema_ids` are those of a registry, by ce_type."""
    return {
        "Confluent framing": Shape(lambda: traffic(Mix(noise=NOISE, confluent=1.0, schema_ids=schema_ids), SEED)),
        "zstd": Shape(demo, properties={"compression.type": "zstd"}),
        "transactions of 100 records": Shape(demo, transaction=100),
        "diffs of 3 kB": Shape(lambda: large(3_000), share=0.2),
        "diffs of 30 kB": Shape(lambda: large(30_000), share=0.05),
        "diffs of 50 keys, 3 kB": Shape(lambda: keys(50), share=0.2),
        "diffs of 500 keys, 30 kB": Shape(lambda: keys(500), share=0.05),
        "0.01 % duplicates": Shape(lambda: repeated(demo())),
        "1 % parked": Shape(lambda: parked(demo())),
        "1 % sanitized": Shape(lambda: sanitized(demo())),
        "1 % conflicts": Shape(lambda: conflicting(demo())),
        "1 partition": Shape(
            lambda: (emission._replace(topic=ONE_TOPIC[0]) for emission in demo()), topics=ONE_TOPIC, partitions=1
        ),
        "210 partitions": Shape(demo, partitions=30),
    }


def demo() -> Iterator[Emission]:
    """The demo's traffic."""
    return _again(_usual())


@cache
def _usual() -> list[Emission]:
    """Most of the shapes are made from it, and it takes seconds to make."""
    return list(islice(traffic(Mix(noise=NOISE), SEED), POOL))


def _again(pool: Sequence[Emission]) -> Iterator[Emission]:
    return again(pool, SEED, stepping_clock(datetime(2026, 6, 1, tzinfo=UTC), timedelta(milliseconds=7)))


def smallest() -> Iterator[Emission]:
    """Of the demo's events that are recorded the smallest hundredth."""
    pool = sorted(filter(_audited, _usual()), key=lambda emission: len(emission.value or b""))
    return _again(pool[: len(pool) // 100])


def large(size: int) -> Iterator[Emission]:
    """Settings in which one text is replaced by another: both together have so many characters, and nothing is ignored."""
    return _edits(lambda rng: {"playbook": _text(rng, size // 2)})


def keys(count: int) -> Iterator[Emission]:
    """Settings in which so many texts of 20 characters are replaced."""
    return _edits(lambda rng: {f"rule_{number:03}": _text(rng, 20) for number in range(count)})


def _edits(preferences: Callable[[Random], dict[str, str]]) -> Iterator[Emission]:
    rng = Random(SEED)
    template = next(emission for emission in demo() if dict(emission.headers)["ce_type"] == SETTINGS.encode())
    return _again([_edit(rng, number, template, preferences) for number in range(WORKSPACES)])


def _edit(rng: Random, number: int, template: Emission, preferences: Callable[[Random], dict[str, str]]) -> Emission:
    workspace, schema = founded(rng, number), schemas.latest(SETTINGS)
    before, after = ({**workspace.settings, "preferences": preferences(rng)} for _ in range(2))
    event = workspace.by_service("workspaces", SETTINGS, {"before": before, "after": after})
    value = schemas.single_object_header(schema) + schemas.body(schema, event.data)
    return template._replace(key=workspace.id.encode(), value=value)


def _text(rng: Random, characters: int) -> str:
    text = ""
    while len(text) < characters:
        text += f"{rng.choice(names.REPORTS)} {rng.randrange(10_000)}. "
    return text[:characters]


def parked(emissions: Iterator[Emission]) -> Iterator[Emission]:
    """Each hundredth is of a type that no one has listed."""
    for number, emission in enumerate(emissions):
        yield emission if number % 100 else _unlisted(emission)


def _unlisted(emission: Emission) -> Emission:
    new = {"ce_type": b"schedule.duplicated"}
    return emission._replace(headers=[(name, new.get(name, value)) for name, value in emission.headers])


def sanitized(emissions: Iterator[Emission]) -> Iterator[Emission]:
    """Each hundredth, or the next one after it that has an e-mail address and is audited, has a NUL in place of its @."""
    since = 0
    for emission in emissions:
        since += 1
        if since >= 100 and _audited(emission) and AT.search(value := emission.value or b""):
            since = 0
            yield emission._replace(value=AT.sub(b"\0", value, count=1))
        else:
            yield emission


def repeated(emissions: Iterator[Emission]) -> Iterator[Emission]:
    """Each ten-thousandth, or the next one after it that is audited, is there twice."""
    since = 0
    for emission in emissions:
        since += 1
        if since >= 10_000 and _audited(emission):
            since = 0
            yield emission
        yield emission


def _audited(emission: Emission) -> bool:
    return dict(emission.headers)["ce_type"] not in IGNORED_ON_WIRE


def conflicting(emissions: Iterator[Emission]) -> Iterator[Emission]:
    """Each hundredth has the identity of an earlier one of its workspace and type, and says something else."""
    earlier: dict[tuple[bytes, bytes], Emission] = {}
    since = 0
    for emission in emissions:
        kind = emission.key, dict(emission.headers)["ce_type"]
        other = earlier.get(kind)
        since += 1
        if since >= 100 and _audited(emission) and other is not None and other.value != emission.value:
            yield earlier.pop(kind)._replace(value=emission.value)
            since = 0
        else:
            earlier[kind] = emission
            yield emission
