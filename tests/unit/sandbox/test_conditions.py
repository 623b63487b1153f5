"""The tables of drains under other conditions, of figures that are easy to calculate by hand; and the shapes are what they are called."""

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest

import schemas
from consumer.event.decode import Decoder
from consumer.event.model import Ignored, Partition, Record, Recorded
from consumer.event.pipeline import Pipeline
from sandbox.bench.conditions import DEMO, Conditions, Drained, medians
from sandbox.bench.conditions_report import section, tables
from sandbox.bench.load import IGNORED_ON_WIRE
from sandbox.bench.provenance import Provenance
from sandbox.bench.report import replace_section
from sandbox.bench.shapes import conflicting, demo, large, parked, repeated, sanitized
from sandbox.bench.speed import Speed
from sandbox.bench.waits import Wait, shares
from sandbox.traffic.generator import Emission
from tests.unit.sandbox.tables import rows

BENCHMARKS = Path(__file__).parents[3] / "docs" / "benchmarks.md"
COUNTS = {"recorded": 750_000, "duplicate": 0, "conflict": 0, "ignored": 250_000, "parked": 0}
WAITED = Counter(
    {Wait(None, None): 6, Wait("Client", "ClientRead"): 90, Wait("Lock", "tuple"): 1, Wait("IO", "WALSync"): 3}
)
DRAINED = Drained(
    records=1_000_000, size=500_000_000, seconds=10.0, processor=12.0, database=20.0, outcomes=COUNTS, waits=WAITED
)
EASY = Conditions(
    runs=3,
    speed=Speed(25.0, 90_000.0),
    provenance=Provenance("abc1234", 0.0),
    consumers={1: DRAINED, 2: DRAINED._replace(seconds=8.0, processor=15.0, database=30.0, waits=Counter())},
    shapes={
        DEMO: DRAINED,
        "large": DRAINED._replace(
            records=1_000,
            size=30_000_000,
            seconds=0.3,
            processor=0.2,
            database=0.1,
            outcomes={**dict.fromkeys(COUNTS, 0), "recorded": 990, "parked": 10},
        ),
    },
)


@pytest.fixture(scope="module")
def usual() -> list[Emission]:
    """What the shapes are made from."""
    return list(islice(demo(), 50_000))


def ids(emissions: list[Emission]) -> list[bytes]:
    return [dict(emission.headers)["ce_id"] for emission in emissions]


def test_figures_are_those_of_a_record_and_of_the_first_line() -> None:
    """Records a second, microseconds of a record, and what of it is more than with one, the demo's, or for so many bytes."""
    table_rows = rows(section(EASY))

    assert table_rows["1"] == [
        "1,000,000",
        "10.0",
        "100,000",
        "12.0",
        "1.00",
        "20.0",
        "1.00",
        "IO 30.0%, lock on tuple 10.0%",
    ]
    assert table_rows["2"] == ["1,000,000", "8.0", "125,000", "15.0", "1.25", "30.0", "1.50", "nothing"]
    assert table_rows[DEMO] == [
        "1,000,000",
        "500",
        "10.0",
        "1.00",
        "1.00",
        "12.0",
        "20.0",
        "recorded 75.0%, ignored 25.0%",
    ]
    assert table_rows["large"] == [
        "1,000",
        "30,000",
        "300.0",
        "30.00",
        "0.50",
        "200.0",
        "100.0",
        "recorded 99.0%, parked 1.0%",
    ]
    assert [table.row_count for table in tables(EASY)] == [2, 2]


def test_medians_are_by_key() -> None:
    """Of an odd number of rounds the middle one, each figure by itself; samples are added up."""
    rounds = [{1: DRAINED._replace(seconds=seconds, processor=20 - seconds)} for seconds in (9.0, 12.0, 10.0)]
    by_key = medians(rounds)

    assert by_key == {1: DRAINED._replace(seconds=10.0, processor=10.0, waits=by_key[1].waits)}
    assert by_key[1].waits[Wait("Lock", "tuple")] == 3


def test_a_consumer_that_is_waited_for_is_no_wait_of_the_server() -> None:
    """COPY waits for its next line most of the time."""
    assert shares(Counter({Wait("Client", "ClientRead"): 5})) == {}
    assert shares(WAITED) == {"IO": 0.3, "lock on tuple": 0.1}


def test_the_document_has_a_place_for_it() -> None:
    """`make bench ARGS=--conditions` finds its section, and writes nothing but that."""
    text = BENCHMARKS.read_text("utf-8")
    written = replace_section(text, "conditions", section(EASY))

    assert "recorded 75.0%, ignored 25.0%" in written
    assert replace_section(written, "conditions", "") == replace_section(text, "conditions", "")


@pytest.mark.parametrize("size", [3_000, 30_000])
def test_a_large_diff_is_as_large_as_it_says(size: int) -> None:
    """Beside its two texts a record has a few hundred bytes, and none is of an ignored type."""
    for emission in islice(large(size), 3):
        assert emission.value is not None
        assert size <= len(emission.value) < size + 500
        assert dict(emission.headers)["ce_type"] not in IGNORED_ON_WIRE


def test_one_of_a_hundred_is_of_a_type_that_no_one_has_listed(usual: list[Emission]) -> None:
    """No two in a row, at which the breaker would halt the partition in the end."""
    types = [dict(emission.headers)["ce_type"] for emission in parked(iter(usual[:1_000]))]

    assert [at for at, ce_type in enumerate(types) if ce_type == b"schedule.duplicated"] == list(range(0, 1_000, 100))


def test_nearly_one_of_a_hundred_has_a_text_that_no_database_holds(usual: list[Emission]) -> None:
    """In an e-mail address, of audited types only; what comes of it is recorded, as sanitized, or is no change."""
    pipeline = Pipeline(Decoder(schemas.all_schemas()))
    pairs = list(zip(usual[:10_000], sanitized(iter(usual)), strict=False))
    changed = [(before, after) for before, after in pairs if before != after]

    assert 85 <= len(changed) <= 100
    for before, after in changed:
        assert dict(after.headers)["ce_type"] not in IGNORED_ON_WIRE
        assert after == before._replace(value=after.value)
        outcome = pipeline.run(
            Record(Partition(after.topic, "id", 0), 0, 0, after.key, after.value, tuple(after.headers))
        )
        assert isinstance(outcome, Ignored) or (isinstance(outcome, Recorded) and outcome.sanitized)


def test_one_of_ten_thousand_is_there_twice(usual: list[Emission]) -> None:
    """Of audited types only."""
    mixed = list(repeated(iter(usual)))
    twice = [first for first, second in pairwise(mixed) if first == second]

    assert len(twice) in {4, 5}
    assert IGNORED_ON_WIRE.isdisjoint(dict(emission.headers)["ce_type"] for emission in twice)


def test_nearly_one_of_a_hundred_has_the_identity_of_another(usual: list[Emission]) -> None:
    """Once each, of the same key and type, with another value."""
    mixed = list(conflicting(iter(usual[:20_000])))
    by_id: dict[bytes, list[Emission]] = {}
    for emission, identity in zip(mixed, ids(mixed), strict=True):
        by_id.setdefault(identity, []).append(emission)
    twice = [both for both in by_id.values() if len(both) > 1]

    assert 180 <= len(twice) <= 200
    for first, second in twice:
        assert (first.key, first.headers) == (second.key, second.headers)
        assert first.value != second.value
