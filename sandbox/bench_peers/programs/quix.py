"""Quix Streams: its application with a batching sink, which writes the batch of each partition by INSERTs of many rows at a checkpoint."""

import logging
from collections.abc import Sequence
from typing import Any

import psycopg
from quixstreams import Application
from quixstreams.sinks import BatchingSink

from sandbox.bench_peers.programs.common import BATCH_RECORDS, BATCH_SECONDS, RecordStopwatch, task

TASK, WATCH = task(), RecordStopwatch()
# Their own sink calls psycopg2's execute_values, and leaves its page at so many rows.
PAGE_ROWS = 100


class PostgresRows(BatchingSink):  # type: ignore[misc] # its types are not at hand where ours are checked
    """As their own sink for PostgreSQL: a transaction for each partition of a checkpoint, PAGE_ROWS rows in each INSERT."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application
        self._connection = psycopg.connect(TASK.database)

    def add(self, **record: Any) -> None:
        """Called by Quix for the first record, and then no more: its own is."""
        WATCH.read()
        self.add = super().add  # type: ignore[method-assign]
        self.add(**record)

    def write(self, batch: Any) -> None:
        """Called by Quix at a checkpoint, for each partition."""
        rows = [item.value for item in batch]
        for first in range(0, len(rows), PAGE_ROWS):
            self._insert(rows[first : first + PAGE_ROWS])
        self._connection.commit()
        WATCH.wrote(len(rows))
        if WATCH.records >= TASK.records:
            WATCH.say()
            self._application.stop()

    def _insert(self, rows: Sequence[Sequence[str | None]]) -> None:
        # The placeholders are PostgreSQL's own: psycopg has no statement of 2,000 values to rewrite each time.
        cursor = psycopg.RawCursor(self._connection)
        cursor.execute(TASK.insert_of(len(rows)), [value for row in rows for value in row])


def main() -> None:
    """Reads all records."""
    logging.getLogger("quixstreams").setLevel(logging.ERROR)
    application = Application(
        broker_address=TASK.bootstrap,
        consumer_group=TASK.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        commit_interval=BATCH_SECONDS,
        commit_every=BATCH_RECORDS,
        consumer_extra_config={"queued.min.messages": 100_000},
        loglevel=None,
    )
    frame = application.dataframe(application.topic(TASK.topic, value_deserializer="json", key_deserializer="bytes"))
    frame.sink(PostgresRows(application))
    application.run()


if __name__ == "__main__":
    main()
