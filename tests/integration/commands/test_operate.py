"""`gaps list|accept` and `resume` on a real database, in the states in which a claim leaves it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from tests.builders import event
from tests.integration.commands.conftest import TOPIC, Cli, Consumer

Rows = Callable[..., list[tuple[Any, ...]]]
NEW = TOPIC._replace(topic_id="id-two")
WHY = ("--reason", "INC-311")


def progress(rows: Rows, partition: Partition = TOPIC) -> dict[str, Any]:
    """The partition's progress."""
    names = ("next_offset", "gap", "reread", "epoch", "owner", "halted", "retired")
    (row,) = rows(
        "SELECT next_offset, gap, reread, epoch, owner, halted, retired_at IS NOT NULL FROM partition_progress "
        "WHERE kafka_topic_id = %s AND kafka_partition = %s",
        partition.topic_id,
        partition.number,
    )
    return dict(zip(names, row, strict=True))


def noted(rows: Rows) -> list[tuple[Any, ...]]:
    """What was noted, in order."""
    return rows(
        "SELECT action, gap_id, kafka_topic_id, from_offset, to_offset, reason FROM operator_action ORDER BY id"
    )


def test_no_gap(cli: Cli) -> None:
    """Without gaps the list says so."""
    assert cli.ok("gaps", "list") == "No gap waits for an operator.\n"
    assert "no gap 1" in cli.refused("gaps", "accept", "1", *WHY)


@pytest.mark.parametrize("read", [0, 2], ids=["before_first_read", "log_start_moved"])
def test_accepted_gap_is_counted_and_passed(cli: Cli, consumer: Consumer, rows: Rows, read: int) -> None:
    """The partition goes on behind what Kafka lost, which is counted; its halt is gone and its old owner fenced."""
    if read:
        consumer.reads(*[event() for _ in range(read)])
    before = consumer.claims(TOPIC, 10, 50)
    assert before.halt is not None
    (listed,) = json.loads(cli.ok("gaps", "list", "--format", "json"))
    assert (listed["start"], listed["end"]) == (read, 10)
    assert "the partition continues" in cli.ok("gaps", "accept", str(listed["id"]), *WHY)
    after = progress(rows)
    assert (after["next_offset"], after["gap"], after["halted"]) == (10, 10 - read, None)
    assert (after["owner"], after["epoch"] > before.epoch) == (None, True)
    assert noted(rows) == [("accept_gap", listed["id"], TOPIC.topic_id, read, 10, "INC-311")]
    assert consumer.claims(TOPIC, 10, 50).halt is None
    assert cli.run("status").exit_code == 0
    assert cli.ok("gaps", "list") == "No gap waits for an operator.\n"
    assert "INC-311" in cli.ok("gaps", "list", "--all")


def test_shorter_log_is_read_again_from_its_end(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """After a truncation the partition goes back to the log's end, and what lies between is given back."""
    consumer.reads(*[event() for _ in range(5)])
    assert consumer.claims(TOPIC, 0, 3).halt is not None
    cli.ok("gaps", "accept", "1", *WHY)
    after = progress(rows)
    assert (after["next_offset"], after["gap"], after["reread"], after["halted"]) == (3, 0, 2, None)
    assert json.loads(cli.ok("status", "--format", "json"))["balanced"]


def test_topic_re_created_retires_the_old_log(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """Accepting retires the old incarnation's row and lets the new one flow; the other partitions wait for their own."""
    other = TOPIC._replace(number=1)
    consumer.reads(event())
    consumer.reads(event(), partition=other)
    assert consumer.claims(NEW, 0, 9).halt is not None
    assert consumer.claims(NEW._replace(number=1), 0, 9).halt is not None
    assert "retired" in cli.ok("gaps", "accept", "1", *WHY)
    assert progress(rows)["retired"]
    assert progress(rows, NEW)["halted"] is None
    assert progress(rows, NEW._replace(number=1))["halted"] == "gap"
    assert noted(rows) == [("accept_gap", 1, TOPIC.topic_id, None, None, "INC-311")]
    assert consumer.claims(NEW, 0, 9).halt is None
    assert json.loads(cli.ok("status", "--format", "json"))["balanced"]


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_two_gaps_at_one_partition_need_both(cli: Cli, consumer: Consumer, rows: Rows, order: tuple[str, str]) -> None:
    """A re-created topic that has lost its first records is halted until both gaps are accepted, in either order."""
    consumer.reads(event())
    consumer.claims(NEW, 4, 9)
    assert "continues" not in cli.ok("gaps", "accept", order[0], *WHY)
    assert progress(rows, NEW)["halted"] == "gap"
    assert "continues" in cli.ok("gaps", "accept", order[1], *WHY)
    assert (progress(rows, NEW)["halted"], progress(rows, NEW)["next_offset"]) == (None, 4)
    assert consumer.claims(NEW, 4, 9).halt is None


def test_gap_of_a_retired_log_is_only_noted(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A gap that a later one covers can still be accepted, and moves nothing."""
    consumer.reads(event())
    consumer.claims(TOPIC, 5, 9)
    consumer.claims(NEW, 0, 9)
    cli.ok("gaps", "accept", "2", *WHY)
    assert "nothing moves" in cli.ok("gaps", "accept", "1", *WHY)
    assert progress(rows)["next_offset"] == 1
    assert json.loads(cli.ok("status", "--format", "json"))["balanced"]


def test_gap_is_accepted_once(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A second acceptance is refused, with who was first; so nothing is counted twice."""
    consumer.claims(TOPIC, 10, 50)
    cli.ok("gaps", "accept", "1", *WHY)
    assert "was accepted at" in cli.refused("gaps", "accept", "1", *WHY)
    assert (progress(rows)["gap"], len(noted(rows))) == (10, 1)


def test_gap_where_the_partition_no_longer_is(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A gap that begins elsewhere than the progress is refused, and the progress stays."""
    consumer.claims(TOPIC, 10, 50)
    rows("UPDATE partition_progress SET next_offset = 3, gap = 3")
    assert "no longer is" in cli.refused("gaps", "accept", "1", *WHY)
    assert (progress(rows)["next_offset"], noted(rows)) == (3, [])


def test_resume_lifts_a_halt(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A halted partition continues at its offset; what halted it is noted."""
    consumer.reads(event())
    consumer.halts(HaltCause.BREAKER, "20 records parked in a row")
    assert consumer.claims(TOPIC, 0, 9).halt is not None
    assert "halted by breaker" in cli.ok("resume", TOPIC.topic, "0", *WHY)
    assert (progress(rows)["halted"], progress(rows)["next_offset"]) == (None, 1)
    assert rows("SELECT detail FROM operator_action") == [("breaker: 20 records parked in a row",)]
    assert consumer.claims(TOPIC, 0, 9).halt is None


def test_resume_refuses_a_gap_and_names_the_command(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A gap is not resumed: that would skip records without a word."""
    consumer.claims(TOPIC, 10, 50)
    assert "`audit-consumer gaps accept 1`" in cli.refused("resume", TOPIC.topic, "0", *WHY)
    assert (progress(rows)["halted"], noted(rows)) == ("gap", [])


def test_resume_of_what_is_not_halted(cli: Cli, consumer: Consumer) -> None:
    """A partition that flows, or that no one has read, has nothing to resume."""
    consumer.reads(event())
    assert "is not halted" in cli.refused("resume", TOPIC.topic, "0", *WHY)
    assert "was never read" in cli.refused("resume", TOPIC.topic, "7", *WHY)


@pytest.mark.parametrize("reason", ["理由\u3000です", "why\u00a0not", "👩\u200d💻 asked for it", "soft\u00adhyphen"])
def test_a_reason_is_in_any_language(cli: Cli, consumer: Consumer, rows: Rows, reason: str) -> None:
    """Blanks and marks that people type are kept as they are."""
    consumer.reads(event().with_headers(ce_type="member.unheard_of"))
    cli.ok("parked", "dismiss", "1", "--reason", reason)
    assert rows("SELECT reason FROM operator_action") == [(reason,)]


@pytest.mark.parametrize(
    ("reason", "named"), [("one\ntwo", "U+000A"), ("a\x1b[0m", "U+001B"), ("one\u2028two", "U+2028")]
)
def test_a_reason_is_one_line(cli: Cli, reason: str, named: str) -> None:
    """What is wrong with it is named."""
    result = cli.run("parked", "dismiss", "1", "--reason", reason)
    assert (result.exit_code, named in result.stderr) == (2, True)


def test_nothing_is_decided_without_a_reason(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A missing or empty reason is wrong usage; nothing happens."""
    consumer.claims(TOPIC, 10, 50)
    for command in (("gaps", "accept", "1"), ("resume", TOPIC.topic, "0")):
        for reason in ((), ("--reason", "")):
            assert cli.run(*command, *reason).exit_code == 2
    assert (progress(rows)["halted"], noted(rows)) == ("gap", [])
