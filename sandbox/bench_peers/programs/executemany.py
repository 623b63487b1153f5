"""A plain loop: confluent-kafka's consume, psycopg's executemany (which pipelines), one transaction for each batch."""

import json

import psycopg
from confluent_kafka import Consumer

from sandbox.bench_peers.programs.common import BATCH_RECORDS, BATCH_SECONDS, RecordStopwatch, task


def main() -> None:
    """Reads all records."""
    assigned, watch = task(), RecordStopwatch()
    consumer = Consumer(
        {
            "bootstrap.servers": assigned.bootstrap,
            "group.id": assigned.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.min.bytes": 1,
            "queued.min.messages": 100_000,
        }
    )
    consumer.subscribe([assigned.topic])
    with psycopg.connect(assigned.database) as connection:
        while watch.records < assigned.records:
            limit = BATCH_RECORDS if watch.began else 1  # the clock begins with the first one
            messages = [message for message in consumer.consume(limit, BATCH_SECONDS) if message.error() is None]
            if not messages:
                continue
            watch.read()
            connection.cursor().executemany(
                assigned.insert, [json.loads(message.value() or b"") for message in messages]
            )
            connection.commit()
            consumer.commit(asynchronous=True)
            watch.wrote(len(messages))
    watch.say()
    consumer.close()


if __name__ == "__main__":
    main()
