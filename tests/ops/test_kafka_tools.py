"""What the runbook does with Kafka's own tools, by its lines: a damaged log and a transaction that hangs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.services.kafka import LocalKafka
from tests.builders import events
from tests.conftest import start_kafka
from tests.e2e.world import World, operate
from tests.integration.commands.conftest import Cli
from tests.integration.commands.test_damaged_log import damage
from tests.ops.runbook import RUNBOOK, Procedure, code, parts

# The classes behind Kafka's scripts.
TOOLS = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-dump-log.sh": "org.apache.kafka.tools.DumpLogSegments",
    "kafka-transactions.sh": "org.apache.kafka.tools.TransactionsCommand",
}


@pytest.fixture
def broker() -> Iterator[LocalKafka]:
    """A broker of the test's own, whose files are at hand."""
    with start_kafka({}) as started:
        if not isinstance(started, LocalKafka):
            pytest.skip("a broker in a container has its tools and its files there")
        yield started


@pytest.fixture
def world(broker: LocalKafka, database_url: str, tmp_path: Path) -> Iterator[World]:
    with World(broker.bootstrap, database_url, tmp_path) as running:
        yield running


def typed(broker: LocalKafka, line: str, **replaced: str | int) -> str:
    """Runs a line of the runbook, capitals replaced by what is `replaced`; what the tool prints."""
    values = {"host:port": broker.bootstrap, **replaced}
    script, *words = line.split()
    return broker.tool(TOOLS[script], *(str(values.get(word.lower(), word)) for word in words))


def test_a_damaged_log(broker: LocalKafka, world: World) -> None:
    """The range is found in the broker's files by Kafka's tool, stated, and passed; the rest is read."""
    topic = world.topic()
    kept, lost = events(5), events(4)
    for batch in (kept[:3], lost, kept[3:]):
        world.send(topic, batch)
    broker.stop()
    segment = next((broker.log_dir / f"{topic}-0").glob("*.log"))
    damage(segment, 1)
    broker.start()
    consumer = world.consumer("run")
    world.until(lambda: world.progress().get((topic, 0), {}).get("halted") == "damaged_log", "it halts", of=[consumer])

    drill = Procedure("A damaged log")
    begin = world.progress()[topic, 0]["next_offset"]
    dumped = typed(broker, drill.line("kafka-dump-log.sh"), segment=str(segment))
    (last,) = re.findall(rf"baseOffset: {begin} lastOffset: (\d+)", dumped)
    operate(world, *drill.command("status"))
    operate(world, *drill.command("gaps state", topic=topic, partition=0, offset=int(last) + 1))
    operate(world, *drill.command("gaps list"))
    drill.over()

    world.lose(lost)
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_transaction_that_hangs(broker: LocalKafka, world: World) -> None:
    """Its producer is found, and it is aborted by the offset that `status` names; what came after it is read."""
    topic = world.topic()
    cli = Cli({"DATABASE_URL": world.database_url, "KAFKA_BOOTSTRAP_SERVERS": world.bootstrap, "AUDIT_TOPICS": topic})
    world.send(topic, events(3))
    world.run_until_end()
    producer = world.producer(**{"transactional.id": topic})
    producer.init_transactions(10)
    producer.begin_transaction()
    world.send(topic, events(2), "undelivered", producer=producer)
    world.send(topic, events(4))
    (partition,) = json.loads(cli.ok("status", "--format", "json"))["partitions"]
    assert partition["last_stable_offset"] == 3

    at = {"topic": topic, "partition": 0, "id": 1, "offset": partition["last_stable_offset"]}
    find, describe, abort = code(parts(RUNBOOK.read_text())[0]["AuditOpenTransaction"])
    typed(broker, find, **at)  # names only those that are older than any producer may leave them
    lines = [line.split() for line in typed(broker, describe, **at).splitlines()]
    (head,) = (line for line in lines if line[:1] == ["ProducerId"])
    started = [line[head.index("CurrentTransactionStartOffset")] for line in lines if len(line) == len(head)]
    assert started.count(str(partition["last_stable_offset"])) == 1, lines
    typed(broker, abort, **at)
    world.expected["undelivered"] += 1  # the mark of its end

    world.run_until_end()
    world.check()
    assert "open transaction" not in cli.ok("status")
