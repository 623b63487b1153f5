"""What one end-to-end test uses: topics, a group and a database of its own, programs, and the oracle.

Invariant: what is expected is written down when a record is sent, never read back from the program under test.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as Delivered
from psycopg.rows import dict_row

from sandbox.services.process import wait_until
from tests.builders import Message
from tests.e2e.program import Program
from tests.e2e.topics import LIMIT, Topics

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
OUTCOMES = ("recorded", "duplicate", "conflict", "ignored", "parked", "gap", "undelivered")

DELIVERY = 150.0  # seconds that a broker may be down while records are sent


class Produced(NamedTuple):
    """Where Kafka put a record."""

    topic: str
    partition: int
    offset: int


class World(Topics):
    """`expected` counts outcomes; `recorded` holds the identities that must each be one row. Threads may send at once."""

    def __init__(self, bootstrap: str, database_url: str, folder: Path, copies: int = 1, *, forks: bool = True) -> None:
        """`forks`: whether its consumers come from a process that has imported them (`preloaded`)."""
        super().__init__(bootstrap, copies)
        self.database_url = database_url
        self.environ: dict[str, str] = {}
        self.programs: list[Program] = []
        self.stderr: int | None = None  # of programs to come, instead of their log
        self._forks = forks
        self.recorded: Counter[tuple[str, str, str]] = Counter()
        self.expected: Counter[str] = Counter()
        self.parked_again = 0  # by a rewind: one row, counted as often as it was read
        self._producer = self.producer()
        self._folder = folder
        self._counting = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for program in self.programs:
            if program.exit_code is None:
                program.thaw()
                program.kill()
            # pytest shows this for a test that failed, and for no other.
            print(f"--- {program.log.name}, exit code {program.exit_code}\n{program.tail()}")

    # --- records

    def send(
        self,
        topic: str,
        messages: Iterable[Message],
        outcome: str = "recorded",
        *,
        partition: int = -1,
        producer: Producer | None = None,
        timestamp_ms: int = 0,
    ) -> list[Produced]:
        """Produces messages, notes that each shall have this outcome, and says where they are.

        Partition -1: by key; timestamp 0: now.
        """
        producer = producer or self._producer
        positions: list[Produced] = []

        def delivered(error: KafkaError | None, message: Delivered) -> None:
            assert error is None, error
            positions.append(Produced(message.topic() or "", message.partition() or 0, message.offset() or 0))

        for message in messages:
            while True:
                try:
                    producer.produce(
                        topic,
                        message.value,
                        message.key,
                        partition,
                        headers=list(message.headers),
                        on_delivery=delivered,
                        timestamp=timestamp_ms,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            with self._counting:
                self.expected[outcome] += 1
                if outcome == "recorded":
                    self.recorded[message.identity] += 1
        assert producer.flush(DELIVERY) == 0, "not every record was delivered"
        return positions

    def end_transaction(self, producer: Producer, *, commit: bool) -> None:
        """Ends the producer's transaction, in one partition, and waits until Kafka has written its mark."""
        before = sum(self.ends().values())
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
        self.expected["undelivered"] += 1
        self.until(lambda: sum(self.ends().values()) == before + 1, "the mark is written")

    def lose(self, messages: Iterable[Message], outcome: str = "gap") -> None:
        """Notes that these, which were sent to be recorded, have been lost before they were read."""
        for message in messages:
            self.recorded[message.identity] -= 1
            self.expected["recorded"] -= 1
            self.expected[outcome] += 1

    # --- PostgreSQL

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """What a statement gives, run as the superuser."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.cursor(row_factory=dict_row).execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, **parameters: Any) -> Any:
        """The only value that a statement gives."""
        (row,) = self.rows(statement, **parameters)
        (value,) = row.values()
        return value

    def waits_for_a_lock(self) -> bool:
        """Whether one session of this database, and no other, waits for another one's lock."""
        return bool(self.value(WAITING) == 1)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.value(f"SELECT count(*) FROM {table}"))

    def progress(self) -> dict[tuple[str, int], dict[str, Any]]:
        """The progress of the partitions of the topics that exist now."""
        ids = self.topic_ids()
        rows = self.rows("SELECT * FROM partition_progress")
        return {
            (row["kafka_topic"], row["kafka_partition"]): row
            for row in rows
            if ids.get(row["kafka_topic"]) == row["kafka_topic_id"]
        }

    # --- programs

    def consumer(self, *arguments: str, failpoint: Sequence[str] = (), **environ: str) -> Program:
        """Starts `audit-consumer`, to `run` unless said otherwise; `environ` overrides the world's."""
        program = Program(
            arguments or ("run",),
            {**clean(os.environ), **self._settings(), **self.environ, **environ},
            self._folder / f"consumer-{len(self.programs)}.log",
            failpoint,
            self.stderr,
            forked=self._forks,
        )
        self.programs.append(program)
        return program

    def until(
        self, condition: Callable[[], bool], wanted: str, *, of: Sequence[Program] = (), limit: float = LIMIT
    ) -> None:
        """Waits for a condition; AssertionError when it takes too long, or when a program that is to bring it ends."""
        end = time.monotonic() + limit

        def over() -> bool:
            try:
                if condition():
                    return True
            except psycopg.OperationalError:  # the database is unavailable, or is starting
                pass
            return any(program.exit_code is not None for program in of)

        wait_until(over, limit, pause=0.05)
        ended = [program for program in of if program.exit_code is not None]
        if not condition():
            why = f"{len(ended)} of its programs ended" if ended else f"not within {limit:.0f} s"
            raise AssertionError(f"{wanted}: {why} (waited {time.monotonic() - end + limit:.1f} s)")

    def until_read(self, *of: Program, limit: float = LIMIT) -> None:
        """Waits until the progress of every partition has reached the end of its log."""
        ends = self.ends()
        self.until(lambda: self.behind(ends) == {}, f"everything is read up to {ends}", of=of, limit=limit)

    def run_until_end(self, **environ: str) -> Program:
        """Runs a consumer until it has read everything, which must go well."""
        program = self.consumer("run", "--until-end", **environ)
        assert program.wait(LIMIT) == 0, program.tail()
        return program

    # --- the oracle

    def check(self) -> None:
        """Every record has exactly the outcome that was planned for it, and the books say so."""
        assert self.behind(self.ends()) == {}, "a partition has not been read to its end"
        rows = self.rows("SELECT workspace_id, event_source, event_id FROM audit_event")
        identities = Counter((row["workspace_id"], row["event_source"], row["event_id"]) for row in rows)
        planned = +self.recorded
        assert identities == planned, (
            f"lost: {list((planned - identities).items())[:5]}, too many: {list((identities - planned).items())[:5]}"
        )
        self.check_accounts()
        totals = Counter[str]()
        for row in self.progress().values():
            totals.update({outcome: row[outcome] for outcome in OUTCOMES})
        assert +totals == +self.expected, f"counted {totals}, planned {self.expected}"
        assert self.count("parked_record") == self.expected["parked"] - self.parked_again, "parked_record"
        assert self.count("conflicting_event") == self.expected["conflict"], "conflicting_event"
        operate(self, "status")

    def check_accounts(self) -> None:
        """The accounting balances, and no offset is committed to Kafka beyond what is written."""
        progress = self.progress()
        for key, row in progress.items():
            passed = row["next_offset"] + row["reread"]
            assert passed == sum(row[outcome] for outcome in OUTCOMES), f"{key} does not balance: {row}"
        for key, offset in self.committed().items():
            assert offset <= progress[key]["next_offset"], f"the commit of {key} is ahead of the database"

    def behind(self, ends: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        """How far those partitions have been read that are behind these ends."""
        progress = self.progress()
        reached = {key: progress[key]["next_offset"] if key in progress else 0 for key in ends}
        return {key: reached[key] for key, end in ends.items() if reached[key] < end}

    def _settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "AUDIT_GROUP_ID": self.group,
            "AUDIT_TOPICS": ",".join(self.topics),
            "AUDIT_LOG_FORMAT": "json",
            "KAFKA_CONFIG_TOPIC_METADATA_REFRESH_INTERVAL_MS": "1000",
            "KAFKA_CONFIG_RECONNECT_BACKOFF_MAX_MS": "500",
        }


def operate(world: World, *arguments: str) -> str:
    """Runs an operator's command, which must succeed; the end of what it prints."""
    program = world.consumer(*arguments)
    assert program.wait() == 0, program.tail()
    return program.tail()


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Without settings of ours that the shell may have."""
    ours = ("AUDIT_", "KAFKA_", "SCHEMA_REGISTRY_URL", "DATABASE_URL")
    return {name: value for name, value in environ.items() if not name.startswith(ours)}
