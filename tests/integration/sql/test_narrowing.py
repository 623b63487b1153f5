"""What the programs cannot invent: progress that balances, gaps, rewinds, halts lifted by no one, another's name."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg import errors

from tests.integration.sql.conftest import Role

PARTITION = {"kafka_topic": "callmine.schedules", "kafka_topic_id": "t1", "kafka_partition": 0}
HALT = {"halted_detail": "x", "halted_at": "2026-01-01T00:00:00Z"}
Insert = Callable[..., None]


def check(role: Role) -> None:
    """Checks now what would be checked when the transaction commits."""
    role.execute("SET CONSTRAINTS ALL IMMEDIATE")
    role.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def progress(owner: Role, insert: Insert) -> None:
    """A partition that has read ten records."""
    insert(owner, "partition_progress", next_offset=10, recorded=10, epoch=1)


@pytest.mark.usefixtures("progress")
@pytest.mark.parametrize(
    "change",
    [
        "gap = gap + 5, next_offset = next_offset + 5",
        "reread = reread + 5, recorded = recorded + 5",
        "retired_at = now()",
        "kafka_topic_id = 'other'",
        "kafka_topic = 'other'",
        "next_offset = 5, recorded = 5",
        "recorded = recorded - 1, ignored_tombstone = ignored_tombstone + 1",
        "epoch = epoch - 1",
    ],
)
def test_writer_only_counts_outcomes_forward(change: str, writer: Role) -> None:
    """No gap, no rewind, no retirement, no counter that falls, no row of another partition."""
    with pytest.raises(errors.InsufficientPrivilege):
        writer.execute(f"UPDATE partition_progress SET {change}".encode())
    writer.execute("UPDATE partition_progress SET next_offset = 12, recorded = 11, ignored_tombstone = 1, epoch = 2")


@pytest.mark.usefixtures("progress")
def test_the_count_of_other_cells_never_falls(owner: Role, writer: Role) -> None:
    """As no counter does."""
    owner.execute("UPDATE partition_progress SET next_offset = 12, ignored_other_cell = 2")
    with pytest.raises(errors.InsufficientPrivilege, match="never fall"):
        writer.execute("UPDATE partition_progress SET recorded = 12, ignored_other_cell = 0")


@pytest.mark.usefixtures("progress")
def test_a_database_becomes_a_part_of_its_cell_only(operator: Role, owner: Role, insert: Insert) -> None:
    """Keys that it has not read would be in none of its entries, whoever sets the cell."""
    insert(operator, "audit_cell", number=3, cells=4)
    for role, cell in ((operator, (1, 2)), (owner, (1, 1)), (operator, (2, 4)), (operator, (4, 4))):
        with pytest.raises(errors.InsufficientPrivilege, match="is no part of cell 3/4"):
            insert(role, "audit_cell", number=cell[0], cells=cell[1])
    insert(operator, "audit_cell", number=6, cells=8)
    insert(operator, "audit_cell", number=6, cells=8)


@pytest.mark.parametrize("where", [{"next_offset": 5}, {"epoch": 3}, {"next_offset": 5, "recorded": 5}])
def test_writer_begins_at_the_beginning(where: dict[str, Any], writer: Role, insert: Insert) -> None:
    """A partition that is new begins at its first offset: what was before cannot be claimed as read."""
    with pytest.raises(errors.InsufficientPrivilege):
        insert(writer, "partition_progress", **where)
    insert(writer, "partition_progress", next_offset=0, epoch=0)


@pytest.mark.usefixtures("progress")
@pytest.mark.parametrize(
    "change",
    [
        "recorded = recorded + 1, next_offset = next_offset + 1",
        "ignored_no_change = ignored_no_change + 1, next_offset = next_offset + 1",
        "undelivered = undelivered + 1, next_offset = next_offset + 1",
        "complete_through = now()",
        "reread = reread - 1, gap = gap - 1",
    ],
)
def test_operator_does_not_count_outcomes(change: str, operator: Role) -> None:
    """The outcomes and complete_through are the consumer's, and no counter falls."""
    with pytest.raises((errors.InsufficientPrivilege, errors.CheckViolation)):
        operator.execute(f"UPDATE partition_progress SET {change}".encode())


@pytest.mark.usefixtures("progress")
def test_rewind_needs_its_action(operator: Role, insert: Insert) -> None:
    """What is given back is what a rewind says, to the offset; more, less or nothing said is refused at the commit."""
    operator.execute("UPDATE partition_progress SET next_offset = 4, reread = 6")
    with pytest.raises(errors.InsufficientPrivilege, match="actions of operators do not agree"):
        check(operator)
    insert(operator, "operator_action", action="rewind", from_offset=10, to_offset=5)
    with pytest.raises(errors.InsufficientPrivilege, match="reread 6 and 5"):
        check(operator)
    insert(operator, "operator_action", action="rewind", from_offset=5, to_offset=4)
    check(operator)


@pytest.mark.usefixtures("progress")
def test_action_needs_its_move(operator: Role, insert: Insert) -> None:
    """A rewind that is noted and was not made is refused: it would hide a later one."""
    insert(operator, "operator_action", action="rewind", from_offset=10, to_offset=5)
    with pytest.raises(errors.InsufficientPrivilege, match="do not agree"):
        check(operator)


@pytest.mark.usefixtures("progress")
def test_gap_is_passed_as_it_was_stated_and_once(operator: Role, owner: Role, insert: Insert) -> None:
    """An accepted gap moves over exactly what was stated, of the partition that it is of, and no second time."""
    insert(owner, "data_gap", cause="log_start_moved", from_offset=10, to_offset=15)
    row = operator.execute("SELECT id FROM data_gap").fetchone()
    assert row is not None
    accepted = {"action": "accept_gap", "gap_id": row[0], "from_offset": 10, "to_offset": 15}
    for other in ({"to_offset": 20}, {"from_offset": 9}, {"kafka_partition": 1}, {"kafka_topic_id": "t2"}):
        with pytest.raises(errors.InsufficientPrivilege, match="the action is not about gap"):
            insert(operator, "operator_action", **{**accepted, **other})
    insert(operator, "operator_action", **accepted)
    operator.execute("UPDATE partition_progress SET next_offset = 15, gap = 5")
    check(operator)
    with pytest.raises(errors.UniqueViolation):
        insert(operator, "operator_action", **accepted)


@pytest.mark.parametrize("cause", ["gap", "breaker"])
def test_halt_is_lifted_by_an_action(cause: str, operator: Role, owner: Role, writer: Role, insert: Insert) -> None:
    """The consumer never lifts what an operator has to decide; an operator does, with a row that says why."""
    insert(owner, "partition_progress", halted=cause, **HALT)
    lift = "UPDATE partition_progress SET halted = NULL, halted_detail = NULL, halted_at = NULL"
    with pytest.raises(errors.InsufficientPrivilege, match="goes on when an operator says so"):
        writer.execute(lift.encode())
    operator.execute(lift.encode())
    with pytest.raises(errors.InsufficientPrivilege, match="without an action"):
        check(operator)
    insert(operator, "operator_action", action="resume")
    check(operator)


def test_writer_lifts_what_a_claim_checks_again(owner: Role, writer: Role, insert: Insert) -> None:
    """A halt for a setting or the broker is checked again by every claim."""
    insert(owner, "partition_progress", halted="registry_unset", **HALT)
    writer.execute("UPDATE partition_progress SET halted = NULL, halted_detail = NULL, halted_at = NULL")


@pytest.mark.usefixtures("progress")
def test_log_is_retired_by_an_action_and_then_rests(operator: Role, owner: Role, writer: Role, insert: Insert) -> None:
    """Progress is not retired by no one, and what is retired does not change."""
    insert(owner, "data_gap", from_offset=10)
    row = operator.execute("SELECT id FROM data_gap").fetchone()
    assert row is not None
    operator.execute("UPDATE partition_progress SET retired_at = now(), epoch = 2")
    with pytest.raises(errors.InsufficientPrivilege, match="or is retired, without an action"):
        check(operator)
    insert(operator, "operator_action", action="accept_gap", gap_id=row[0])
    check(operator)
    for role, change in ((operator, "retired_at = NULL"), (writer, "next_offset = 11, recorded = 11")):
        with pytest.raises(errors.InsufficientPrivilege, match="retired log"):
            role.execute(f"UPDATE partition_progress SET {change}".encode())


@pytest.mark.parametrize("role", ["audit_owner", "audit_writer", "audit_operator"])
@pytest.mark.usefixtures("progress")
def test_progress_is_not_removed(role: str, as_role: Callable[[str], Role]) -> None:
    """A partition without progress would be read from its beginning; nobody takes the row away, the owner neither."""
    for statement in ("DELETE FROM partition_progress", "TRUNCATE partition_progress"):
        with pytest.raises(errors.InsufficientPrivilege):
            as_role(role).execute(statement.encode())


@pytest.mark.parametrize(("role", "cause"), [("audit_writer", "log_damaged"), ("audit_operator", "log_start_moved")])
def test_each_states_its_own_gaps(role: str, cause: str, as_role: Callable[[str], Role], insert: Insert) -> None:
    """What Kafka lost is found by a claim; that a range is damaged is said by a person."""
    with pytest.raises(errors.InsufficientPrivilege, match="does not state a gap"):
        insert(as_role(role), "data_gap", cause=cause, to_offset=5)


@pytest.mark.parametrize("column", ["performed_by", "performed_at", "id"])
def test_name_and_time_of_an_action_are_the_databases(column: str, operator: Role, insert: Insert) -> None:
    """No one acts under another's name, or at another time."""
    with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
        insert(operator, "operator_action", **{column: "2026-01-01" if column == "performed_at" else "1"})
    insert(operator, "operator_action", os_user="ann@laptop")
    row = operator.execute("SELECT performed_by = session_user, os_user FROM operator_action").fetchone()
    assert row == (True, "ann@laptop")


def test_complete_through_is_unknown_until_the_consumer_says_it(writer: Role, insert: Insert) -> None:
    """A claim, and a batch that does not reach the end, say nothing of it: what was there before is not read yet."""
    insert(writer, "partition_progress", next_offset=0, epoch=0)
    writer.execute("UPDATE partition_progress SET epoch = epoch + 1, owner = 'consumer-1'")
    unknown = writer.execute("SELECT complete_through FROM partition_progress").fetchone()
    writer.execute("UPDATE partition_progress SET complete_through = now()")
    writer.execute("UPDATE partition_progress SET complete_through = NULL")
    kept = writer.execute("SELECT complete_through = now() FROM partition_progress").fetchone()
    assert (unknown, kept) == ((None,), (True,))


@pytest.mark.usefixtures("progress")
def test_complete_through_is_never_ahead_of_the_database(writer: Role) -> None:
    """Whatever a consumer's clock says, the time is not after the transaction's, and it never goes back."""
    writer.execute("UPDATE partition_progress SET complete_through = now() + interval '1 hour'")
    ahead = writer.execute("SELECT complete_through = now() FROM partition_progress").fetchone()
    writer.execute("UPDATE partition_progress SET complete_through = now() - interval '1 hour'")
    back = writer.execute("SELECT complete_through = now() FROM partition_progress").fetchone()
    assert (ahead, back) == ((True,), (True,))


@pytest.mark.usefixtures("progress")
@pytest.mark.parametrize(
    "said", ["complete_through = now() - interval '1 minute'", "complete_through = NULL", "owner = owner"]
)
def test_complete_through_comes_back_with_the_clock(said: str, writer: Role, as_role: Callable[[str], Role]) -> None:
    """The clock was ahead when it was written: the next write of the consumer says at most the time of now."""
    as_role("postgres").execute("UPDATE partition_progress SET complete_through = now() + interval '1 hour'")
    writer.execute(f"UPDATE partition_progress SET {said}".encode())
    assert writer.execute("SELECT complete_through = now() FROM partition_progress").fetchone() == (True,)
