"""A broker's log that cannot be read: the partition halts, and `gaps state` passes the damaged range, on real files."""

import json
from pathlib import Path

import pytest

from catalog.reasons import HaltCause
from consumer.kafka.admin import Bounds
from consumer.operator import recovery
from consumer.operator.actions import Refused
from runtime.postgres import connect
from sandbox.services.kafka import LocalKafka
from tests.builders import event
from tests.conftest import start_kafka
from tests.e2e.world import World
from tests.integration.commands.conftest import TOPIC, Cli, Consumer

WHY = ("--reason", "INC-311")
BOUNDS = Bounds(0, 20)


def damage(log: Path, batch: int) -> None:
    """Flips a byte of the records of one batch of a segment; a batch is its offset, its length, and that many bytes."""
    content, start = bytearray(log.read_bytes()), 0
    for _ in range(batch):
        start += 12 + int.from_bytes(content[start + 8 : start + 12], "big")
    content[start + 80] ^= 0xFF
    log.write_bytes(content)


def test_damaged_range_is_stated_and_passed(database_url: str, tmp_path: Path) -> None:
    """What lies before and behind the damage is recorded, and the damage is a gap with a name and a reason."""
    with start_kafka({}) as broker, World(broker.bootstrap, database_url, tmp_path) as world:
        if not isinstance(broker, LocalKafka):
            pytest.skip("the log of a broker in a container is not at hand")
        topic = world.topic()
        lost = [event() for _ in range(4)]
        for batch in ([event() for _ in range(3)], lost, [event() for _ in range(2)]):
            world.send(topic, batch)
        broker.stop()
        damage(next((broker.log_dir / f"{topic}-0").glob("*.log")), 1)
        broker.start()
        program = world.consumer()
        world.until(
            lambda: world.progress().get((topic, 0), {}).get("halted") == "damaged_log", "it halts", of=[program]
        )
        cli = Cli({"DATABASE_URL": database_url, "KAFKA_BOOTSTRAP_SERVERS": world.bootstrap, "AUDIT_TOPICS": topic})
        assert f"audit-consumer gaps state {topic} 0 --to-offset" in cli.ok("status", COLUMNS="200")
        assert "is not after" in cli.refused("gaps", "state", topic, "0", "--to-offset", "10", *WHY)
        assert "offsets 3 to 7 are a stated gap" in cli.ok("gaps", "state", topic, "0", "--to-offset", "7", *WHY)
        world.lose(lost)
        world.until_read(program)
        assert program.stop() == 0
        world.check()
        (gap,) = json.loads(cli.ok("gaps", "list", "--all", "--format", "json"))
        assert (gap["cause"], gap["start"], gap["end"], gap["accepted_reason"]) == ("log_damaged", 3, 7, "INC-311")
        assert json.loads(cli.ok("status", "--format", "json"))["balanced"]


@pytest.mark.parametrize(("to", "words"), [(2, "is not after"), (21, "is not after")])
def test_range_outside_is_refused(to: int, words: str, database_url: str, consumer: Consumer) -> None:
    """The range begins at the next offset and ends in the log; nothing is stated otherwise."""
    consumer.reads(event(), event())
    consumer.halts(HaltCause.DAMAGED_LOG, "bad checksum")
    with connect(database_url, "audit_operator", "test") as connection:
        with pytest.raises(Refused, match=words):
            recovery.state_damaged_range(connection, TOPIC, BOUNDS, to, "x")
        assert connection.execute("SELECT count(*) FROM data_gap").fetchone() == (0,)
        assert recovery.state_damaged_range(connection, TOPIC, BOUNDS, 20, "x") == 2


@pytest.mark.parametrize("cause", [HaltCause.BREAKER, HaltCause.COMPACTED, None])
def test_other_halts_are_not_passed(cause: HaltCause | None, database_url: str, consumer: Consumer) -> None:
    """Only a damaged log is: a breaker, or nothing, is no reason to skip records."""
    consumer.reads(event())
    if cause is not None:
        consumer.halts(cause, "x")
    with (
        connect(database_url, "audit_operator", "test") as connection,
        pytest.raises(Refused, match=f"halted by {cause or 'nothing'}; only a partition that is halted by damaged_log"),
    ):
        recovery.state_damaged_range(connection, TOPIC, BOUNDS, 5, "x")
