"""Words in the tables that only another version of the program knows, as after a step back: they are shown as they are."""

import json

from catalog.reasons import OF_ANOTHER_VERSION, ParkReason
from consumer.event.model import Parked
from tests.builders import event
from tests.integration.commands.conftest import TOPIC, Cli, Consumer
from tests.integration.commands.test_operate import WHY, Rows, progress


def test_a_halt_of_another_version(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A claim keeps it, `status` shows it with the command that ends it, and `resume` does."""
    consumer.reads(event())
    consumer.halts("newer_word", "why it halted")
    claimed = consumer.claims(TOPIC, 0, 9).halt
    assert claimed is not None and claimed == ("newer_word", "why it halted")
    shown = cli.ok("status")
    assert "is halted: newer_word" in shown and "another version" in shown
    assert "halted by newer_word" in cli.ok("resume", TOPIC.topic, "0", *WHY)
    assert progress(rows)["halted"] is None


def test_a_parked_record_of_another_version(cli: Cli, consumer: Consumer) -> None:
    """It is listed, and shown with what this version can say of it."""
    consumer.reads((event(), Parked(ParkReason.of("newer_word"), "details")))
    assert "newer_word" in cli.ok("parked", "list")
    shown = json.loads(cli.ok("parked", "show", "1", "--format", "json"))
    assert (shown["reason"], shown["meaning"]) == ("newer_word", OF_ANOTHER_VERSION)
    assert shown["now"]["outcome"] == "recorded"
    assert "Look with the version" in cli.ok("parked", "show", "1")


def test_a_gap_of_another_version(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """It is listed; to accept it needs the version that knows where its partition goes on."""
    consumer.claims(TOPIC, 10, 50)
    rows("ALTER TABLE data_gap DISABLE TRIGGER ALL")
    rows("UPDATE data_gap SET cause = 'newer_word'")
    rows("ALTER TABLE data_gap ENABLE TRIGGER ALL")
    assert "newer_word: a word of another version" in " ".join(cli.ok("gaps", "list").split())
    assert "newer_word" in cli.refused("gaps", "accept", "1", *WHY)
    assert progress(rows)["halted"] == "gap"
