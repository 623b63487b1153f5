"""The commands, called as a person calls them, and a database in the state that a consumer left."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
import structlog
from typer.testing import CliRunner, Result

from catalog.cells import WHOLE, Cell
from consumer.cli import app
from consumer.event.model import Outcome, Partition
from consumer.kafka.admin import Bounds
from consumer.operator.dry_run import DryRun
from consumer.partitions import claim
from consumer.storage import store
from consumer.storage.batch import Batch
from runtime.postgres import Connection, connect
from tests.builders import Message, record

OURS = ("AUDIT_", "KAFKA_", "SCHEMA_REGISTRY_URL", "DATABASE_URL")
TOPIC = Partition("callmine.members", "id-one", 0)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the shell's reaches a command, and no command's log setup reaches other tests."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    yield
    structlog.reset_defaults()


class Cli:
    """Runs commands with settings; `run("status")` gives the result, `ok` demands exit code 0."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)

    def run(self, *arguments: str, **environ: str) -> Result:
        """Calls the program in this process. An exception that is no exit would be a traceback: it is raised."""
        return self.fed(b"", *arguments, **environ)

    def fed(self, stdin: bytes, *arguments: str, **environ: str) -> Result:
        """As `run`, with bytes on standard input."""
        merged = {"COLUMNS": "120", **self.environ, **environ}
        return CliRunner().invoke(app, arguments, input=stdin, env=merged, catch_exceptions=False)

    def ok(self, *arguments: str, **environ: str) -> str:
        """Standard output of a command that must end well."""
        result = self.run(*arguments, **environ)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *arguments: str, code: int = 1, **environ: str) -> str:
        """Standard error of a command that must end with `code`, in one line."""
        result = self.run(*arguments, **environ)
        assert result.exit_code == code, result.output
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr


@pytest.fixture
def bare() -> Cli:
    """The commands without any setting."""
    return Cli({})


@pytest.fixture
def cli(database_url: str) -> Cli:
    """The commands with a migrated database of the test's own, and no Kafka."""
    return Cli({"DATABASE_URL": database_url})


@pytest.fixture
def rows(database_url: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Runs a statement as the superuser."""

    def run(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    return run


class Consumer:
    """Writes what a consumer of `cell` would have written, without Kafka."""

    def __init__(self, connection: Connection, cell: Cell = WHOLE) -> None:
        self.cell = cell
        self._connection = connection
        self._dry_run = DryRun(None)
        store.prepare(connection)

    def reads(self, *messages: Message | tuple[Message, Outcome], partition: Partition = TOPIC) -> None:
        """Claims the partition and passes `messages`, each with the outcome it has, or with the one given."""
        taken = self.claims(partition, 0, 10**6)
        batch, offset = Batch(), taken.next_offset
        offsets = batch.range_of(partition, offset, taken.epoch)
        for number, item in enumerate(messages, start=offset):
            message, outcome = (item, None) if isinstance(item, Message) else item
            arrived = record(message, offset=number, partition=partition, timestamp_ms=1_700_000_000_123)
            batch.add(offsets, arrived, outcome or self._dry_run.outcome(arrived))
        store.write(self._connection, batch)

    def halts(self, cause: Any, detail: str, partition: Partition = TOPIC) -> None:
        """Halts the partition."""
        taken = self.claims(partition, 0, 10**6)
        batch = Batch()
        batch.range_of(partition, taken.next_offset, taken.epoch).halt = (cause, detail)
        store.write(self._connection, batch)

    def claims(self, partition: Partition, low: int, high: int) -> claim.Claim:
        """Claims the partition while Kafka's log has these bounds."""
        return claim.take(self._connection, partition, Bounds(low, high), claim.Owner("consumer-1", self.cell), None)


@pytest.fixture
def consumer(database_url: str) -> Iterator[Consumer]:
    """A consumer of the test's database."""
    with connect(database_url, "audit_writer", "test") as connection:
        yield Consumer(connection)
