"""sentry-arroyo: batches by its BatchStep, each written by COPY into a temporary table and inserted from there."""

import json
from collections.abc import Mapping
from typing import Any

import psycopg
from arroyo.backends.kafka import KafkaConsumer
from arroyo.backends.kafka.configuration import build_kafka_consumer_configuration
from arroyo.commit import ONCE_PER_SECOND
from arroyo.processing import StreamProcessor
from arroyo.processing.strategies import BatchStep, CommitOffsets, RunTask
from arroyo.types import Topic

from sandbox.bench_peers.programs.common import BATCH_RECORDS, BATCH_SECONDS, RecordStopwatch, task


class WatchedConsumer(KafkaConsumer):  # type: ignore[misc] # its types are not at hand where ours are checked
    """Starts the stopwatch with the first record."""

    def __init__(self, config: Any, watch: RecordStopwatch) -> None:
        super().__init__(config)
        self._watch = watch

    def poll(self, timeout: float | None = None) -> Any:
        """Called by arroyo until there is a record, and then no more: its own is."""
        if (message := super().poll(timeout)) is not None:
            self._watch.read()
            self.poll = super().poll  # type: ignore[method-assign]
        return message


class Factory:
    """Makes arroyo's chain of steps: batch, write, commit offsets."""

    def __init__(self) -> None:
        self._task, self._watch = task(), RecordStopwatch()
        self._connection = psycopg.connect(self._task.database)
        self._connection.execute("CREATE TEMP TABLE staging (LIKE audit_event)")
        self._connection.execute(
            "ALTER TABLE staging DROP COLUMN id, DROP COLUMN xid, DROP COLUMN recorded_at, DROP COLUMN source"
        )
        self._connection.commit()
        config = build_kafka_consumer_configuration(
            {"bootstrap.servers": self._task.bootstrap, "queued.min.messages": 100_000},
            group_id=self._task.group,
            auto_offset_reset="earliest",
            queued_min_messages=100_000,
        )
        self._processor: Any = StreamProcessor(
            consumer=WatchedConsumer(config, self._watch),
            topic=Topic(self._task.topic),
            processor_factory=self,
            commit_policy=ONCE_PER_SECOND,
        )

    def run(self) -> None:
        """Reads all records."""
        self._processor.run()
        self._watch.say()

    def create_with_partitions(self, commit: Any, partitions: Mapping[Any, int]) -> Any:
        """Called by arroyo."""
        return BatchStep(BATCH_RECORDS, BATCH_SECONDS, RunTask(self._write, CommitOffsets(commit)))

    def shutdown(self) -> None:
        """Called by arroyo."""

    def _write(self, message: Any) -> Any:
        names, cursor = self._task.names, self._connection.cursor()
        with cursor.copy(f"COPY staging ({names}) FROM STDIN") as copy:
            for value in message.payload:
                copy.write_row(json.loads(value.payload.value))
        cursor.execute(f"INSERT INTO audit_event ({names}) SELECT {names} FROM staging ON CONFLICT DO NOTHING")
        cursor.execute("TRUNCATE staging")
        self._connection.commit()
        self._watch.wrote(len(message.payload))
        if self._watch.records >= self._task.records:
            self._processor.signal_shutdown()
        return message


if __name__ == "__main__":
    Factory().run()
