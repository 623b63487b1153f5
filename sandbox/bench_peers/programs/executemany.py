"""A plain loop: confluent-kafka's consume, psycopg's executemany (which pipelines), one transaction for each batch."""

import json

import psycopg
from confluent_kafka import Consumer

from sandbox.bench_peers.programs.common import BATCH_RECORDS, BATCH_SECONDS, Stopwatch, task


def main() -> None:
    """Reads all records."""
    given, watch = task(), Stopwatch()
    consumer = Consumer(
        {
            "bootstrap.servers": given.bootstrap,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.min.bytes": 1,
            "queued.min.messages": 100_000,
        }
    )
    consumer.subscribe([given.topic])
    with psycopg.connect(given.database) as connection:
        while watch.records < given.records:
            messages = [
                message for message in consumer.consume(BATCH_RECORDS, BATCH_SECONDS) if message.error() is None
            ]
            if not messages:
                continue
            watch.read()
            connection.cursor().executemany(given.insert, [json.loads(message.value() or b"") for message in messages])
            connection.commit()
            consumer.commit(asynchronous=True)
            watch.wrote(len(messages))
    watch.say()
    consumer.close()


if __name__ == "__main__":
    main()
