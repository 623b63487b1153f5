"""The writer's answers to what the database says; the store is a stand-in here, the real one is tested end to end."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest

from consumer.retries import Retry
from consumer.storage import store, writer
from consumer.storage.batch import Batch, WriteResult
from consumer.storage.writer import Abandoned, BatchOutcome, Failed, Fenced, Requeued, Writer, Written

SECONDS = 20.0
OUTAGE = psycopg.OperationalError("server closed the connection unexpectedly")


class Connection:
    """What the writer asks of one."""

    closed = False

    def close(self) -> None:
        self.closed = True


class Database:
    """Answers of the store, given in their order; `written` answers whether a batch in doubt has arrived."""

    def __init__(self, *answers: WriteResult | Exception, written: bool = False) -> None:
        self.answers, self.arrived = list(answers), written
        self.connections: list[Connection] = []
        self.asked = 0

    def connect(self) -> Any:
        self.connections.append(Connection())
        return self.connections[-1]

    def write(self, _connection: object, _batch: Batch) -> WriteResult:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def written(self, _connection: object, _batch: Batch) -> bool:
        self.asked += 1
        return self.arrived


@pytest.fixture
def outcome_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., BatchOutcome]:
    """Writes a batch to a Database and gives the outcome; `retries` collects what was retried."""
    monkeypatch.setattr(writer, "MIN_WAIT", 0.0)
    monkeypatch.setattr(writer, "watched", nullcontext)
    monkeypatch.setattr(store, "prepare", lambda _: None)

    def outcome(
        database: Database, batch: Batch | None = None, *, stopped: bool = False, retries: list[Retry] | None = None
    ) -> BatchOutcome:
        monkeypatch.setattr(store, "write", database.write)
        monkeypatch.setattr(store, "written", database.written)
        stop = threading.Event()
        if stopped:
            stop.set()
        counted: list[Retry] = [] if retries is None else retries
        under_test = Writer(database.connect, stop, counted.append, lambda *_: None)
        submitted = batch or Batch()
        under_test.submit(submitted)
        assert under_test.wait(SECONDS)
        assert under_test.batch is submitted
        result = under_test.take()
        assert under_test.batch is None and under_test.take() is None
        under_test.close()
        assert result is not None and result.batch is submitted
        assert all(connection.closed for connection in database.connections)
        return result

    return outcome


def test_a_batch_is_written(outcome_of: Callable[..., BatchOutcome]) -> None:
    """The outcome holds what the store counted; nothing was in doubt, so nothing was asked."""
    result, database = WriteResult(), Database(WriteResult())
    database.answers = [result]
    outcome = outcome_of(database)
    assert isinstance(outcome, Written) and outcome.result is result
    assert (database.asked, len(database.connections)) == (0, 1)


def test_an_outage_is_waited_out_on_a_new_connection(outcome_of: Callable[..., BatchOutcome]) -> None:
    """Each repeated attempt is counted, and first asks whether the one before has arrived."""
    retries: list[Retry] = []
    database = Database(OUTAGE, OUTAGE, WriteResult())
    assert isinstance(outcome_of(database, retries=retries), Written)
    assert retries == [Retry.WRITE] * 2
    assert (database.asked, len(database.connections)) == (2, 3)


def test_a_commit_without_an_answer_is_not_repeated(outcome_of: Callable[..., BatchOutcome]) -> None:
    """The batch was in the tables all along."""
    database = Database(OUTAGE, written=True)
    outcome = outcome_of(database)
    assert isinstance(outcome, Written) and outcome.result == WriteResult()
    assert database.answers == []


def test_a_writer_that_was_replaced_is_fenced(outcome_of: Callable[..., BatchOutcome]) -> None:
    """Fenced is an outcome of its own, with no error in it and no second attempt."""
    assert isinstance(outcome_of(Database(store.FencedError())), Fenced)


@pytest.mark.parametrize("error", [psycopg.errors.UndefinedTable("no such table"), KeyError("a mistake of ours")])
def test_what_waiting_does_not_cure_is_handed_to_the_loop(
    outcome_of: Callable[..., BatchOutcome], error: Exception
) -> None:
    """A wrong deployment and a mistake of ours are not tried again."""
    outcome = outcome_of(Database(error))
    assert isinstance(outcome, Failed) and outcome.error is error


def test_a_stop_during_an_outage_abandons_the_batch(outcome_of: Callable[..., BatchOutcome]) -> None:
    """It is read again: nothing of it is known to be written."""
    assert isinstance(outcome_of(Database(OUTAGE), stopped=True), Abandoned)


@pytest.mark.parametrize(("more", "expected"), [(0, Written), (1, Requeued)])
def test_a_large_batch_that_keeps_failing_is_requeued(
    outcome_of: Callable[..., BatchOutcome], more: int, expected: type[BatchOutcome]
) -> None:
    """After MAX_TRIES, if it can be made smaller; one of MIN_BATCH_RECORDS is tried for as long as it takes."""
    batch = Batch(records=writer.MIN_BATCH_RECORDS + more)
    database = Database(*[OUTAGE] * writer.MAX_TRIES, WriteResult())
    assert isinstance(outcome_of(database, batch), expected)
    assert len(database.answers) == more
