"""`status`, `rewind`, `resume` and `replay` beside a consumer that runs, on a real Kafka and a real database."""

import json
import re
from typing import Any

import pytest

from sandbox.services.process import wait_until
from tests.builders import event
from tests.e2e.world import World
from tests.integration.commands.conftest import Cli

WHY = ("--reason", "INC-311")


@pytest.fixture
def cli(world: World) -> Cli:
    """The commands, with the world's database and broker."""
    return Cli({"DATABASE_URL": world.database_url, "KAFKA_BOOTSTRAP_SERVERS": world.bootstrap})


def status(cli: Cli, world: World) -> dict[str, Any]:
    """What `status --count-entries --format json` says; it must balance."""
    answer = cli.ok("status", "--count-entries", "--format", "json", AUDIT_TOPICS=",".join(world.topics))
    status_read: dict[str, Any] = json.loads(answer)
    return status_read


def test_status_shows_lag_and_what_was_not_read(cli: Cli, world: World) -> None:
    """Before the first read the partitions are named, later the lag; a topic that Kafka does not know is said."""
    topic = world.topic(partitions=2)
    world.send(topic, [event() for _ in range(4)], partition=0)
    before = status(cli, world)
    assert [(row["partition"], row["log_start"], row["end"]) for row in before["unread"]] == [(0, 0, 4), (1, 0, 0)]
    assert "not read yet" in cli.ok("status", AUDIT_TOPICS=topic)
    world.run_until_end()
    world.send(topic, [event() for _ in range(3)], partition=0)
    after = status(cli, world)
    assert [(row["next_offset"], row["end"], row["lag"]) for row in after["partitions"]] == [(4, 7, 3), (0, 0, 0)]
    assert after["unread"] == []
    assert "Kafka does not know no-such-topic" in cli.ok("status", AUDIT_TOPICS=f"{topic},no-such-topic")


def test_rewind_of_a_running_consumer(cli: Cli, world: World) -> None:
    """A consumer that runs is fenced and reads again from there; nothing is recorded twice, and all of it is accounted for."""
    topic = world.topic()
    world.send(topic, [event() for _ in range(10)])
    program = world.consumer()
    world.until_read(program)
    assert "4 offsets are read again" in cli.ok("rewind", topic, "0", "--to-offset", "6", *WHY)
    world.until(
        lambda: world.progress()[topic, 0]["duplicate"] == 4, "the rewound offsets are read again", of=[program]
    )
    assert program.stop() == 0
    world.expected["duplicate"] += 4
    assert world.value("SELECT reread FROM partition_progress") == 4
    assert world.rows("SELECT action, from_offset, to_offset, reason FROM operator_action") == [
        {"action": "rewind", "from_offset": 10, "to_offset": 6, "reason": "INC-311"}
    ]
    world.check()
    assert status(cli, world)["balanced"]


def test_rewind_to_a_time(cli: Cli, world: World) -> None:
    """A time means the first record since; one behind everything that was read is refused."""
    topic = world.topic()
    world.send(topic, [event() for _ in range(3)])
    world.run_until_end()
    time = world.value("SELECT max(kafka_timestamp) + interval '1 ms' FROM audit_event")
    wait_until(lambda: bool(world.value("SELECT clock_timestamp() > %(time)s", time=time)), 5)
    world.send(topic, [event() for _ in range(2)])
    world.run_until_end()
    assert "from offset 5 to 3" in cli.ok("rewind", topic, "0", "--to-time", time.isoformat(), *WHY)
    assert world.progress()[topic, 0]["next_offset"] == 3
    words = cli.refused("rewind", topic, "0", "--to-time", "2100-01-01T00:00:00Z", *WHY)
    assert "would skip records" in words


def test_rewind_refuses_what_would_lose_or_cannot_be(cli: Cli, world: World) -> None:
    """Forward, to its present offset, below the log's start, an unknown partition, one never read: refused; nothing moves."""
    topic = world.topic(partitions=2)
    world.send(topic, [event() for _ in range(8)], partition=0)
    world.run_until_end()
    world.send(topic, [event() for _ in range(2)], partition=0)
    world.delete_records(topic, 0, 5)
    cases = {
        ("0", "9"): "going forward would skip records",
        ("0", "8"): "going forward would skip records",
        ("0", "4"): "has 5 to 10",
        ("0", "11"): "has 5 to 10",
        ("7", "0"): "Kafka has no partition",
    }
    for (number, offset), words in cases.items():
        assert words in cli.refused("rewind", topic, number, "--to-offset", offset, *WHY)
    world.add_partitions(topic, 3)
    world.until(lambda: (topic, 2) in world.ends(), "the new partition is known")
    assert "was never read" in cli.refused("rewind", topic, "2", "--to-offset", "0", *WHY)
    assert world.progress()[topic, 0]["next_offset"] == 8
    assert world.count("operator_action") == 0


@pytest.mark.parametrize(
    "where",
    [
        [],
        ["--to-offset", "1", "--to-time", "2026-01-01T00:00:00Z"],
        ["--to-time", "2026-01-01T00:00:00"],
        ["--to-time", "yesterday"],
        ["--to-time", "2026-01-01"],
        ["--to-offset", "-1"],
    ],
)
def test_rewind_wants_one_place(where: list[str]) -> None:
    """No place, two, a time without a zone and a negative offset are wrong usage, before anything is asked."""
    assert Cli({}).run("rewind", "t", "0", *where, *WHY).exit_code == 2


def test_rewind_at_a_gap_is_refused(cli: Cli, world: World) -> None:
    """A partition halted by a gap is not rewound: its gap has to be accepted first."""
    topic = world.topic()
    world.send(topic, [event() for _ in range(3)])
    world.run_until_end()
    lost = [event() for _ in range(4)]
    world.send(topic, lost)
    world.delete_records(topic, 0, 7)
    assert world.consumer("run", "--until-end").wait() == 1
    assert "is halted by a gap: use `audit-consumer gaps accept" in cli.refused(
        "rewind", topic, "0", "--to-offset", "7", *WHY
    )
    cli.ok("gaps", "accept", "1", *WHY)
    world.send(topic, [event()])
    world.run_until_end()
    world.lose(lost)
    world.check()


def test_resume_and_replay_beside_a_running_consumer(cli: Cli, world: World) -> None:
    """A partition that the breaker halted goes on within seconds of `resume`; what was parked is replayed meanwhile."""
    topic = world.topic()
    world.send(topic, [event().with_headers(ce_type="x.y") for _ in range(3)], "parked")
    world.send(topic, [event() for _ in range(2)])
    program = world.consumer(AUDIT_BREAKER="3,100%/1000")
    world.until(lambda: world.progress().get((topic, 0), {}).get("halted") == "breaker", "it halts", of=[program])
    output = re.sub(r"\s+", " ", cli.ok("status", AUDIT_TOPICS=topic))
    assert f"audit-consumer resume {topic} 0" in output
    assert cli.run("parked", "replay", "--all", *WHY).exit_code == 1
    cli.ok("resume", topic, "0", *WHY)
    world.until_read(program)
    assert program.stop() == 0
    world.check()
    assert status(cli, world)["parked_unresolved"] == {"unknown_type": 3}
