"""The benchmark beside other programs: what one says is taken over, why one failed is said, and how Kafka Connect is set up."""

import json
import os
import sys
from pathlib import Path

import pytest

from consumer.event.model import COLUMNS
from sandbox.bench_peers.freshness import Ages, FreshRound, ages
from sandbox.bench_peers.peers import GO, QUIX
from sandbox.bench_peers.process import PeerFailed, PeerRun, measure
from sandbox.bench_peers.programs.common import Task
from sandbox.bench_peers.programs.connect import first_fetch, schema, sink
from sandbox.bench_peers.report import OURS, rows, targets

TASK = Task(
    bootstrap="127.0.0.1:9092", group="peer-3", topic="objects", partitions=21, records=10,
    database="postgresql://someone:secret@127.0.0.1:5432/peers", columns=COLUMNS,
)  # fmt: skip


def run(program: str) -> PeerRun:
    """One program, beside a server that is this process."""
    return measure([sys.executable, "-c", program], os.environ, os.getpid())


def test_what_a_program_says_of_itself_is_taken_over() -> None:
    """Its last line; and of a program that runs another one, the memory of that one."""
    said = run('print(\'first record\'); print(\'{"records": 10, "seconds": 2.5, "peak_mib": 321.5}\')')

    assert (said.records, said.seconds, said.peak_mib) == (10, 2.5, 321.5)


def test_processor_time_is_net_of_start_up() -> None:
    """What a program used before it said that it has its first record is not its work."""
    busy = "began = time.process_time()\nwhile time.process_time() < began + 0.3: pass\n"
    said = 'print("first record", flush=True)\n'
    end = 'print(\'{"records": 1, "seconds": 1}\')'

    before, after = run(f"import time\n{busy}{said}{end}"), run(f"import time\n{said}{busy}{end}")

    assert before.own_cpu < 0.25 < after.own_cpu


def test_kafka_connect_begins_with_its_first_fetch(tmp_path: Path) -> None:
    """By the log of its client, in seconds; before it there is none."""
    log = tmp_path / "fetches"
    assert first_fetch(log) is None
    log.write_text("1790000000500 Sending READ_UNCOMMITTED\n")
    assert first_fetch(log) is None
    log.write_text(log.read_text() + "1790000000750 Fetch READ_UNCOMMITTED at offset 0 returned fetch data (...)\n")
    assert first_fetch(log) == 1790000000.75


def test_the_end_of_its_errors_says_why_a_program_failed() -> None:
    """After many other lines, with the exit code and the time: one that hangs is killed, and has written nothing."""
    with pytest.raises(PeerFailed, match=r"^exit code 1 after \d+ s: .* ERROR: permission denied$"):
        run("import sys; print('warning: slow\\n' * 100, file=sys.stderr); sys.exit('ERROR: permission denied')")
    with pytest.raises(PeerFailed, match=r"^exit code 7 after \d+ s: nothing on its standard error$"):
        run("import sys; sys.exit(7)")


def test_ratios_are_of_one_round() -> None:
    """The median and range of the rounds' ratios, not the ratio of medians: the rounds of one machine differ."""
    ours = [PeerRun(1_000_000, seconds, 4.0, 2.0, 100.0) for seconds in (10.0, 20.0, 40.0)]
    peer = [PeerRun(1_000_000, seconds, 9.0, 3.0, 512.4) for seconds in (20.0, 20.0, 120.0)]

    assert rows({OURS: ours, "peer": peer}, {}, 1_000_000) == [
        (OURS, "20.0", "1.00 (1.00–1.00)", "4", "2", "100"),
        ("peer", "20.0", "2.00 (1.00–3.00)", "9", "3", "512"),
    ]


def test_what_was_asked_for_is_judged_by_the_ratio_of_each_round() -> None:
    """Of a peer that is there; how old rows are only beside the peer in Go; and memory by megabytes."""
    ours = [PeerRun(1_000, seconds, 4.0, 2.0, 180.0) for seconds in (10.0, 20.0, 40.0)]
    go = [PeerRun(1_000, seconds, 9.0, 3.0, 100.0) for seconds in (15.0, 22.0, 60.0)]
    fresh = [FreshRound(Ages(10.0, 90.0), Ages(10.0, 50.0))]

    assert [(line.figure, line.reached) for line in targets({OURS: ours, GO: go}, fresh)] == [
        ("1.50 ×", True),
        ("1.80 ×", False),
        ("180 MiB", True),
    ]
    assert [line.quantity for line in targets({OURS: ours, QUIX: go}, [])] == ["faster than Quix Streams", "memory"]


def test_the_first_records_are_not_judged() -> None:
    """They waited for the program to join its group."""
    assert ages([9_000] * 100 + [20] * 300) == (20.0, 20.0)


def test_kafka_connect_has_a_schema_for_each_column() -> None:
    """Types that Debezium's sink writes as PostgreSQL's own: what has no such type would be text."""
    properties = json.loads(
        schema(
            [
                ("diff", "json", False),
                ("facets", "text[]", False),
                ("kafka_timestamp", "timestamp with time zone", True),
            ]
        )
    )

    assert properties["fields"] == [
        {"field": "diff", "optional": False, "type": "string", "name": "io.debezium.data.Json"},
        {"field": "facets", "optional": False, "type": "array", "items": {"type": "string"}},
        {"field": "kafka_timestamp", "optional": True, "type": "string", "name": "io.debezium.time.ZonedTimestamp"},
    ]


def test_kafka_connect_writes_where_the_others_do() -> None:
    """Into the same database, by JDBC's kind of URL, in batches that the driver makes one statement of."""
    properties = sink(TASK)

    assert properties["connection.url"] == "jdbc:postgresql://127.0.0.1:5432/peers?reWriteBatchedInserts=true"
    assert (properties["connection.username"], properties["connection.password"]) == ("someone", "secret")
    assert properties["batch.size"] == properties["consumer.override.max.poll.records"] == "5000"
