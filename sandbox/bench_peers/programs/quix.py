"""Quix Streams: its application with a batching sink, which writes a batch of a partition by executemany at each checkpoint."""

import logging
from typing import Any

import psycopg
from quixstreams import Application
from quixstreams.sinks import BatchingSink

from sandbox.bench_peers.programs.common import BATCH_RECORDS, BATCH_SECONDS, RecordStopwatch, task

TASK, WATCH = task(), RecordStopwatch()


class PostgresRows(BatchingSink):  # type: ignore[misc] # its types are not at hand where ours are checked
    """As their own sink for PostgreSQL: one INSERT of many rows for each partition of a checkpoint."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application
        self._connection = psycopg.connect(TASK.database)

    def write(self, batch: Any) -> None:
        """Called by Quix at a checkpoint, for each partition."""
        rows = [item.value for item in batch]
        self._connection.cursor().executemany(TASK.insert, rows)
        self._connection.commit()
        WATCH.wrote(len(rows))
        if WATCH.records >= TASK.records:
            WATCH.say()
            self._application.stop()


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
    frame.update(lambda _: WATCH.read()).sink(PostgresRows(application))
    application.run()


if __name__ == "__main__":
    main()
