"""`parked list|show|replay|dismiss` on a real database."""

import base64
import json
import math
import os
import pwd
from collections.abc import Callable
from typing import Any

import pytest

import schemas
from catalog.reasons import ParkReason
from consumer.event.model import Parked
from consumer.registry.client import Registry, RegistryUnavailable, SchemaAbsent
from tests.builders import Message, event, example
from tests.integration.commands.conftest import Cli, Consumer
from tests.integration.commands.test_operate import WHY

Rows = Callable[..., list[tuple[Any, ...]]]
BUG = Parked(ParkReason.DATABASE_REFUSED, "a check of ours is missing")


def renamed(message: Message) -> Message:
    """An event of a type that no one has listed."""
    return message.with_headers(ce_type="member.renamed")


def actions(rows: Rows) -> list[tuple[Any, ...]]:
    """What was done, in order."""
    return rows("SELECT action, parked_id, outcome, reason FROM operator_action ORDER BY id")


def test_empty_lot(cli: Cli) -> None:
    """With nothing parked the list says so, and is an empty array for machines."""
    assert cli.ok("parked", "list") == "No parked record waits for a decision.\n"
    assert json.loads(cli.ok("parked", "list", "--format", "json")) == []


def test_list_shows_what_waits(cli: Cli, consumer: Consumer) -> None:
    """The list filters by reason and topic, leaves out the resolved unless asked, and says when it was cut."""
    consumer.reads(renamed(event()), event()._replace(key=b"org_other"), renamed(event()))
    cli.ok("parked", "dismiss", "1", "--reason", "a test")

    def ids(*options: str) -> list[int]:
        return [row["id"] for row in json.loads(cli.ok("parked", "list", "--format", "json", *options))]

    assert ids() == [2, 3]
    assert ids("--all") == [1, 2, 3]
    assert ids("--parked-as", "unknown_type") == [3]
    assert ids("--topic", "callmine.members") == [2, 3]
    assert ids("--topic", "callmine.billing") == []
    table = cli.ok("parked", "list", "--limit", "1", "--all")
    assert "dismissed" in table
    assert "1 of 3" in table


def test_an_empty_list_says_of_what(cli: Cli, consumer: Consumer) -> None:
    """While a record waits, a filter that finds none does not say that nothing waits."""
    consumer.reads(renamed(event()))
    billing = ("parked", "list", "--topic", "callmine.billing")
    assert cli.ok(*billing) == "No parked record of topic callmine.billing waits for a decision.\n"
    assert cli.ok(*billing, "--parked-as", "bad_time", "--all") == (
        "No parked record of topic callmine.billing parked as bad_time.\n"
    )
    for name in ("caf\udce9", "a\nb", ""):
        assert cli.run("parked", "list", "--topic", name).exit_code == 2


def test_a_record_named_twice_is_taken_once(cli: Cli, consumer: Consumer) -> None:
    """The second naming is no second decision."""
    consumer.reads(renamed(event()), renamed(event()))
    assert cli.run("parked", "replay", "1", "1", "--reason", "a test").stdout.splitlines()[-1] == (
        "1 of 1 replayed: 1 parked"
    )
    assert cli.ok("parked", "dismiss", "2", "1", "2", "--reason", "a test") == "2 dismissed: 2, 1\n"


@pytest.mark.parametrize("command", [("parked", "show"), ("parked", "dismiss", *WHY), ("gaps", "accept", *WHY)])
def test_no_id_is_larger_than_the_column_holds(cli: Cli, command: tuple[str, ...]) -> None:
    """It is wrong usage, in one way for all commands."""
    assert cli.run(*command, str(2**63)).exit_code == 2
    assert cli.run(*command, str(2**63 - 1)).exit_code == 1


def test_what_json_has_no_number_for_is_its_name(cli: Cli, consumer: Consumer) -> None:
    """`show` prints JSON that a strict parser reads, also of a record with NaN (SPEC 4)."""
    settings = example("workspace.settings_changed").data["before"]
    after = {**settings, "preferences": {"number": math.nan, "lowest": -math.inf}}
    consumer.reads(event("workspace.settings_changed", data={"after": after})._replace(key=b"org_other"))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    shown = json.loads(cli.ok("parked", "show", "1", "--format", "json"), parse_constant=refuse)
    assert "NaN" in str(shown["data"]) and "-Infinity" in str(shown["data"])


def test_list_knows_the_reasons_only(cli: Cli) -> None:
    """A word that is no reason is wrong usage, not an empty list."""
    assert cli.run("parked", "list", "--parked-as", "unknown_typ").exit_code == 2


def test_show_prints_everything(cli: Cli, consumer: Consumer) -> None:
    """One record is shown with headers, bytes, data, meaning, what to do, and what it would be now."""
    message = event("member.removed")._replace(key=b"org_\x1b[31m")
    consumer.reads(message)
    shown = json.loads(cli.ok("parked", "show", "1", "--format", "json"))
    assert bytes.fromhex(shown["value"]) == message.value
    assert [(name, base64.b64decode(text)) for name, text in shown["headers"]] == list(message.headers)
    assert shown["data"]["actor"]["type"] == "user"
    assert (shown["now"]["outcome"], shown["now"]["reason"]) == ("parked", "key_mismatch")
    table = cli.ok("parked", "show", "1")
    for words in ("key_mismatch", "000000  c3 01", '"workspace_id"', "member.removed", "replayed now, it would be"):
        assert words in table
    assert "\x1b" not in table


def test_show_of_bytes_that_cannot_be_decoded(cli: Cli, consumer: Consumer) -> None:
    """A value and headers that are nothing known are shown all the same."""
    consumer.reads(Message(None, b"\xff" * 300, (("ce_id", None), ("x\x07", b"\xff\xfe"))))
    table = cli.ok("parked", "show", "1")
    for words in ("44 bytes more", "not UTF-8: ff fe", "cannot be decoded", r"x\x07"):
        assert words in table


def test_show_of_no_record(cli: Cli) -> None:
    """An id that does not exist is one line."""
    assert "no parked record 7" in cli.refused("parked", "show", "7")


def test_replay_records_and_is_idempotent(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A replayed record becomes its entry, at its own position, once; a second replay is a duplicate."""
    message = event("member.removed")
    consumer.reads((message, BUG))
    assert "1 recorded" in cli.ok("parked", "replay", "1", "--reason", "mended")
    assert "1 duplicate" in cli.ok("parked", "replay", "1", "--reason", "again")
    entries = rows("SELECT workspace_id, event_source, event_id, kafka_topic, kafka_offset FROM audit_event")
    assert entries == [(*message.identity, "callmine.members", 0)]
    (kafka_timestamp,) = rows("SELECT extract(epoch FROM kafka_timestamp)::text FROM audit_event")[0]
    assert kafka_timestamp.startswith("1700000000.123")
    assert actions(rows) == [("replay", 1, "recorded", "mended"), ("replay", 1, "duplicate", "again")]
    assert rows("SELECT parked FROM partition_progress") == [(1,)]
    status = json.loads(cli.ok("status", "--count-entries", "--format", "json"))
    assert (status["balanced"], status["parked_unresolved"], status["entries"]) == (True, {}, 1)


def test_replay_of_all_keeps_what_still_cannot_be_recorded(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """--all takes what waits: each gets its own outcome, the hopeless stay parked, and the exit code says so."""
    first = event("member.removed")
    changed = first.with_headers(ce_time="2026-01-01T00:00:00Z")
    consumer.reads(first, (event("member.signed_in"), BUG), renamed(event()), (changed, BUG), (event(), BUG))
    result = cli.run("parked", "replay", "--all", "--reason", "mended")
    assert result.exit_code == 1
    assert "4 of 4 replayed: 1 recorded, 1 ignored, 1 conflict, 1 parked" in result.stdout
    assert [outcome for _, _, outcome, _ in actions(rows)] == ["ignored", "parked", "conflict", "recorded"]
    assert rows("SELECT detail FROM operator_action WHERE outcome = 'parked'")[0][0].startswith("unknown_type: ")
    assert rows("SELECT count(*) FROM conflicting_event") == [(1,)]
    assert [row["id"] for row in json.loads(cli.ok("parked", "list", "--format", "json"))] == [2]
    assert json.loads(cli.ok("status", "--count-entries", "--format", "json"))["balanced"]


def test_replay_by_reason(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """--parked-as takes those of one reason only."""
    consumer.reads(renamed(event()), (event(), BUG))
    assert "1 of 1 replayed: 1 recorded" in cli.ok(
        "parked", "replay", "--parked-as", "database_refused", "--reason", "x"
    )
    assert [parked for _, parked, _, _ in actions(rows)] == [2]


def test_replay_keeps_the_original_of_a_sanitised_entry(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A replayed record whose text had to be replaced is kept whole beside its entry, as by the consumer."""
    message = event("report.exported", data={"title": "a\0b"})
    consumer.reads((message, BUG))
    cli.ok("parked", "replay", "1", "--reason", "x")
    assert rows("SELECT value FROM original_record") == [(message.value,)]


@pytest.mark.parametrize("named", [[], ["1", "--all"], ["--all", "--parked-as", "unknown_type"]])
def test_replay_wants_one_way_of_naming(bare: Cli, named: list[str]) -> None:
    """None or two ways of naming the records is wrong usage, before anything is asked."""
    result = bare.run("parked", "replay", *named, "--reason", "x")
    assert result.exit_code == 2
    assert "name the records in one way" in result.stderr


def test_nothing_is_done_without_a_reason(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A missing or blank reason, or one of two lines, is wrong usage; nothing happens."""
    consumer.reads((event(), BUG))
    for command in (("replay", "1"), ("dismiss", "1")):
        for reason in ((), ("--reason", " "), ("--reason", "a\nb")):
            assert cli.run("parked", *command, *reason).exit_code == 2
    assert actions(rows) == []


def test_replay_stops_at_an_id_that_is_not_there(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """What was replayed before the wrong id stays replayed, and the line says how many."""
    consumer.reads((event(), BUG))
    result = cli.run("parked", "replay", "1", "99", "--reason", "x")
    assert result.exit_code == 1
    assert "no parked record 99" in result.stderr
    assert "1 of 2 replayed" in result.stdout
    assert len(actions(rows)) == 1


class FakeRegistry(Registry):
    """A registry whose answer the test chooses."""

    answer: str | Exception = ""

    def fetch(self, schema_id: int) -> str:
        """The answer, for schema id 9."""
        assert schema_id == 9
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def confluent(consumer: Consumer) -> None:
    """A parked record in Confluent framing, schema id 9."""
    consumer.reads((event("member.removed", schema_id=9), Parked(ParkReason.SCHEMA_UNKNOWN, "schema id 9")))


@pytest.mark.usefixtures("confluent")
def test_replay_of_confluent_framing_needs_the_registry(cli: Cli, rows: Rows) -> None:
    """Without SCHEMA_REGISTRY_URL a setting is missing: exit code 2, nothing is noted; `show` says so too."""
    assert "set SCHEMA_REGISTRY_URL" in cli.refused("parked", "replay", "1", "--reason", "x", code=2)
    assert "set SCHEMA_REGISTRY_URL" in cli.ok("parked", "show", "1")
    assert actions(rows) == []


@pytest.mark.usefixtures("confluent")
@pytest.mark.parametrize(
    ("answer", "code", "outcomes"),
    [
        (schemas.latest("member.removed").text, 0, ["recorded"]),
        (SchemaAbsent("the registry has no schema 9"), 1, ["parked"]),
        (RegistryUnavailable("connection refused"), 1, []),
    ],
    ids=["there", "absent", "away"],
)
def test_replay_asks_the_registry(
    cli: Cli, rows: Rows, monkeypatch: pytest.MonkeyPatch, answer: str | Exception, code: int, outcomes: list[str]
) -> None:
    """The registry's schema makes the entry, its absence leaves the record parked, its outage changes nothing."""
    monkeypatch.setattr(FakeRegistry, "answer", answer)
    monkeypatch.setattr("consumer.commands.cli_common.Registry", FakeRegistry)
    result = cli.run("parked", "replay", "1", "--reason", "x", SCHEMA_REGISTRY_URL="http://registry")
    assert result.exit_code == code
    assert [outcome for _, _, outcome, _ in actions(rows)] == outcomes


def test_what_killed_a_consumer_is_not_decoded_here(cli: Cli, consumer: Consumer) -> None:
    """A `crash_loop` record is run in a child process when replayed, and not run at all to be shown."""
    consumer.reads((event(), Parked(ParkReason.CRASH_LOOP, "died")))
    assert "not tried" in cli.ok("parked", "show", "1")
    assert "1 recorded" in cli.ok("parked", "replay", "1", "--reason", "mended")


def test_dismiss_is_for_good_and_with_a_name(cli: Cli, consumer: Consumer, rows: Rows) -> None:
    """A dismissal is a row with who and why; a second one is refused, and so is one that names an unknown id: wholly."""
    consumer.reads(renamed(event()), renamed(event()))
    assert cli.ok("parked", "dismiss", "1", "--reason", "a load test") == "1 dismissed: 1\n"
    assert "was dismissed at" in cli.refused("parked", "dismiss", "2", "1", "--reason", "x")
    assert "no parked record 9" in cli.refused("parked", "dismiss", "2", "9", "--reason", "x")
    assert actions(rows) == [("dismiss", 1, None, "a load test")]
    ((by, os_user),) = rows("SELECT performed_by, os_user FROM operator_action")
    assert by == "postgres"
    assert os_user.startswith(f"{pwd.getpwuid(os.getuid()).pw_name}@")
    output = cli.ok("parked", "show", "1")
    assert "a load test" in output and "postgres (" in output


def test_dismiss_refuses_what_was_recorded(cli: Cli, consumer: Consumer) -> None:
    """A record that has its entry cannot be dismissed behind it."""
    consumer.reads((event(), BUG))
    cli.ok("parked", "replay", "1", "--reason", "x")
    assert "was replayed as recorded" in cli.refused("parked", "dismiss", "1", "--reason", "x")
