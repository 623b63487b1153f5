"""`cells set|check`: what a database refuses as a cell, and what is said of several that are compared."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from catalog.cells import WHOLE, Cell
from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.model import Ignored, Outcome, Parked, Partition
from consumer.partitions.cell import WrongCell
from consumer.storage.store import FencedError
from export.format.accounts import parse_accounts
from export.seal.accounts import compose
from runtime.postgres import connect
from sandbox.services.postgres import PostgresServer
from tests.builders import Message, event, events
from tests.integration.commands.conftest import TOPIC, Cli, Consumer

Rows = Callable[..., list[tuple[Any, ...]]]
WHY = ("--reason", "INC-512")
FIRST, SECOND = WHOLE.halves
OTHER_CELL = Ignored(IgnoreReason.OTHER_CELL)
OTHER_TOPIC = Partition("callmine.billing", "id-bill", 0)


class Copy(Cli):
    """A database that was copied, and what its consumer of one cell writes there."""

    def __init__(self, url: str, cell: Cell) -> None:
        super().__init__({"DATABASE_URL": url})
        self.url, self.cell = url, cell

    def reads(self, *messages: Message, partition: Partition = TOPIC, takes: Callable[[Message], bool]) -> None:
        """Passes records: those that it takes as what they are, the others as another cell's."""
        messages_and_outcomes: list[Message | tuple[Message, Outcome]] = [
            message if takes(message) else (message, OTHER_CELL) for message in messages
        ]
        with connect(self.url, "audit_writer", "test") as connection:
            Consumer(connection, self.cell).reads(*messages_and_outcomes, partition=partition)

    def own(self, message: Message) -> bool:
        """Whether a record is this cell's."""
        return self.cell.share.has(message.key)


@pytest.fixture
def copy(postgres: PostgresServer) -> Iterator[Callable[[str], str]]:
    """Copies a database that no one is connected to; its URL."""
    names: list[str] = []

    def run(url: str) -> str:
        names.append(f"test_{uuid.uuid4().hex[:12]}")
        return postgres.create_database(names[-1], str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]))

    yield run
    for name in names:
        postgres.drop_database(name)


@pytest.fixture
def halves(database_url: str, copy: Callable[[str], str]) -> list[Copy]:
    """A database that has read ten records, split in two."""
    with connect(database_url, "audit_writer", "test") as connection:
        Consumer(connection).reads(*events(10))
    split = [Copy(database_url, FIRST), Copy(copy(database_url), SECOND)]
    for half in split:
        half.ok("cells", "set", str(half.cell), *WHY)
    return split


def compared(halves: list[Copy], code: int) -> dict[str, Any]:
    """What the check says of these databases."""
    result = halves[0].run("cells", "check", *(half.url for half in halves), "--wait", "0", "--format", "json")
    assert result.exit_code == code, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["exact"] is (code == 0)
    return report


def test_a_database_is_claimed_for_its_own_cell_only(cli: Cli, consumer: Consumer) -> None:
    """One that was never told is cell 1 of 1; nothing of a refused claim is kept."""
    for cell, others in ((WHOLE, (FIRST, SECOND)), (SECOND, (WHOLE, FIRST, Cell(4, 4), Cell(2, 3)))):
        if cell != WHOLE:
            cli.ok("cells", "set", str(cell), *WHY)
        for consumer.cell in others:
            with pytest.raises(WrongCell, match=f"is cell {cell}, and AUDIT_CELL says {consumer.cell}"):
                consumer.claims(OTHER_TOPIC, 0, 10)
        assert json.loads(cli.ok("status", "--format", "json"))["partitions"] == []
    consumer.cell = SECOND
    assert consumer.claims(OTHER_TOPIC, 0, 10).halt is None


def test_a_database_that_was_read_becomes_a_part_only(cli: Cli, consumer: Consumer) -> None:
    """It says which parts there are."""
    assert "was cell 1/1 and is cell 3/4 now, from the present offsets of its 0 partitions" in cli.ok(
        "cells", "set", "3/4", *WHY
    )
    assert "was cell 3/4 and is cell 1/2 now" in cli.ok("cells", "set", "1/2", *WHY)
    consumer.cell = FIRST
    consumer.reads(event())
    for cell in ("1/1", "2/2", "2/3"):
        assert "such as 1/4 or 2/4" in cli.refused("cells", "set", cell, *WHY)
    assert "from the present offsets of its 1 partitions" in cli.ok("cells", "set", "2/4", *WHY)
    assert cli.run("cells", "set", "0/2", *WHY).exit_code == 2


def test_who_reads_as_another_cell_is_fenced(database_url: str, cli: Cli, consumer: Consumer) -> None:
    """What it has in hand was chosen by another share."""
    with connect(database_url, "audit_writer", "test") as connection:
        late = Consumer(connection)
        taken = late.claims(TOPIC, 0, 10)
        cli.ok("cells", "set", "1/2", *WHY)
        late.claims = lambda *_: taken  # type: ignore[method-assign]
        with pytest.raises(FencedError):
            late.reads(event())


def test_halves_that_share_the_records_are_exact(halves: list[Copy]) -> None:
    """What was read before the split is in both, and counts once; later partitions begin at nothing."""
    more = events(200, workspaces=40)
    for half in halves:
        half.reads(*more, takes=half.own)
        half.reads(*more[:50], partition=OTHER_TOPIC, takes=half.own)
    report = compared(halves, 0)
    assert (report["cells"], report["keys"]) == (["1/2", "2/2"], [])
    assert [(part["state"], sum(part["taken"])) for part in report["partitions"]] == [("exact", 50), ("exact", 200)]
    assert all(taken > 0 for part in report["partitions"] for taken in part["taken"])
    text = halves[0].ok("cells", "check", *(half.url for half in halves))
    assert "2 of 2 partitions: each offset was taken by exactly one cell" in text
    assert all(half.run("status").exit_code == 0 for half in halves)


def test_a_cell_seals_accounts_that_balance(halves: list[Copy]) -> None:
    """The format has no column for records of other cells: they are among those that are not audited."""
    for half in halves:
        half.reads(*events(40, workspaces=40), takes=half.own)
        with connect(half.url, "audit_sealer", "test") as connection:
            (account,) = parse_accounts(compose(connection, {}).text.encode())
        assert account.balances
        assert 0 < account.ignored_not_audited < 40 == account.recorded + account.ignored_not_audited - 10


def test_a_half_is_split_again(halves: list[Copy], copy: Callable[[str], str]) -> None:
    """The other half knows nothing of it, and three together are exact."""
    more = events(60, workspaces=40)
    for half in halves:
        half.reads(*more[:30], takes=half.own)
    quarters = [Copy(halves[1].url, Cell(3, 4)), Copy(copy(halves[1].url), Cell(4, 4))]
    for quarter in quarters:
        quarter.ok("cells", "set", str(quarter.cell), *WHY)
    three = [halves[0], *quarters]
    for part in three:
        part.reads(*more[30:], takes=part.own)
    assert compared(three, 0)["keys"] == []
    assert compared(three[:2], 1)["keys"] == ["no cell has the keys from 3/4 to 1 of all hashes"]
    assert compared([*three, three[0]], 1)["keys"] == ["cell 1/2 has keys that another cell has as well"]


@pytest.mark.parametrize("takes", [True, False], ids=["both", "none"])
def test_a_record_that_two_cells_or_none_took_is_found(halves: list[Copy], takes: bool) -> None:
    """By the counts: whose it is, no one needs to know."""
    records = events(20, workspaces=40)
    for half in halves:
        half.reads(*records, takes=half.own)
        half.reads(records[0].with_headers(ce_id="strange"), takes=lambda _: takes)
    (partition,) = compared(halves, 1)["partitions"]
    assert partition["state"] == "faulty"
    assert partition["findings"] == [f"31 records passed, and {32 if takes else 30} taken by a cell"]


def test_cells_at_different_offsets_are_waited_for(halves: list[Copy]) -> None:
    """Nothing is said of a partition that one of them has read further."""
    halves[0].reads(*events(3), takes=halves[0].own)
    (partition,) = compared(halves, 1)["partitions"]
    assert (partition["state"], partition["next_offsets"]) == ("uneven", [13, 10])


def test_copies_that_were_split_at_different_offsets_are_found(database_url: str, copy: Callable[[str], str]) -> None:
    """What the first read as a whole after it was copied, the second reads as a half."""
    with connect(database_url, "audit_writer", "test") as connection:
        Consumer(connection).reads(*events(10))
    early = Copy(copy(database_url), SECOND)
    early.ok("cells", "set", "2/2", *WHY)
    between, after = events(5), events(5)
    with connect(database_url, "audit_writer", "test") as connection:
        Consumer(connection).reads(*between)
    late = Copy(database_url, FIRST)
    late.ok("cells", "set", "1/2", *WHY)
    late.reads(*after, takes=late.own)
    early.reads(*between, *after, takes=early.own)
    (partition,) = compared([late, early], 1)["partitions"]
    assert partition["findings"] == ["offsets 10 to 15: cell 2/2 has keys that another cell has as well"]


def test_what_a_copy_has_parked_is_the_matter_of_one_cell(
    database_url: str, copy: Callable[[str], str], rows: Rows
) -> None:
    """Both have the raw record. A replay records it in the cell of its workspace, and passes it in the other."""
    parked = Parked(ParkReason.UNKNOWN_PLAN, "pro-2027")
    with connect(database_url, "audit_writer", "test") as connection:
        Consumer(connection).reads((event(workspace="org_acme"), parked))
    copies = [Copy(database_url, FIRST), Copy(copy(database_url), SECOND)]
    for database in copies:
        database.ok("cells", "set", str(database.cell), *WHY)
        shown = json.loads(database.ok("parked", "show", "1", "--format", "json"))["now"]
        assert shown["outcome"] == ("recorded" if database.cell.share.has(b"org_acme") else "ignored")
        database.ok("parked", "replay", "--all", *WHY)
    assert FIRST.share.has(b"org_acme") is False
    assert rows("SELECT outcome, left(detail, 10) FROM operator_action") == [("ignored", "other_cell")]
    with psycopg.connect(copies[1].url) as connection:
        assert connection.execute("SELECT workspace_id FROM audit_event").fetchall() == [("org_acme",)]


def test_a_rewound_cell_is_compared_by_offsets(halves: list[Copy], rows: Rows) -> None:
    """What it takes again is counted again, so records cannot be compared."""
    for half in halves:
        half.reads(*events(5), takes=half.own)
    rows("UPDATE partition_progress SET next_offset = 12, reread = 3, epoch = epoch + 1")
    assert compared(halves, 1)["partitions"][0]["state"] == "uneven"
    halves[0].reads(*events(3), takes=halves[0].own)
    assert compared(halves, 0)["partitions"][0]["state"] == "read_again"


def test_a_wrong_cell_is_wrong_usage_without_a_database(bare: Cli) -> None:
    """Whatever the database does."""
    unavailable = {"DATABASE_URL": "host=127.0.0.1 port=1 dbname=x connect_timeout=1"}
    assert bare.run("cells", "set", "1/0", *WHY, **unavailable).exit_code == 2
    assert bare.run("cells", "set", "1/2", *WHY, **unavailable).exit_code == 1


def test_what_cannot_be_read_is_said(halves: list[Copy], bare: Cli) -> None:
    """Which database, and why; without settings of the environment."""
    assert "is no libpq URL" in bare.refused("cells", "check", "postgresql://[", code=2)
    said = bare.refused("cells", "check", halves[0].url, "postgresql://h:99999/x", code=2)
    assert "argument 2 has no proper host and port" in said
    nowhere = "host=127.0.0.1 port=1 dbname=x connect_timeout=1"
    assert "database 2: " in bare.refused("cells", "check", halves[0].url, nowhere)
