"""The rows that peers read: what the consumer made of the same events, each as one record; and the proof that all wrote the same."""

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

from consumer.event.model import COLUMNS
from sandbox.traffic.publisher import create_topics

ROWS, OBJECTS, PARTITIONS = "peers.rows", "peers.objects", 21
# A value of a list is text as PostgreSQL writes it, or null: any client can send it back.
VALUES = ", ".join(f"{name}::text" for name in COLUMNS)
# An object has values as Kafka Connect's JSON converter wants them.
CONVERTED = {"content_digest": "encode(content_digest, 'base64')", "diff": "diff::text"}
FIELDS = ", ".join(f"'{name}', {CONVERTED.get(name, name)}" for name in COLUMNS)
SELECT = f"SELECT workspace_id, json_build_array({VALUES})::text, json_build_object({FIELDS})::text FROM audit_event ORDER BY id"
DIGEST = (
    "SELECT count(*), coalesce(md5(string_agg(md5(made), '' ORDER BY made COLLATE \"C\")), '') "
    f"FROM (SELECT ({', '.join(COLUMNS)})::text AS made FROM audit_event) AS rows"
)


def publish_rows(bootstrap: str, url: str) -> int:
    """Publishes each row of the database as one record, keyed by workspace: a list on one topic, an object on the other; how many."""
    create_topics(bootstrap, (ROWS, OBJECTS), PARTITIONS)
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 2_000_000})
    count = 0
    with psycopg.connect(url) as connection, connection.cursor("rows") as cursor:
        for workspace, row, fields in cursor.execute(SELECT.encode()):
            producer.produce(ROWS, row.encode(), workspace.encode())
            producer.produce(OBJECTS, fields.encode(), workspace.encode())
            count += 1
            if count % 10_000 == 0:
                producer.poll(0)
    assert producer.flush(60) == 0
    return count


def read_rows(bootstrap: str, count: int) -> list[tuple[bytes, bytes]]:
    """So many keys and values of the topic of lists, in whatever order."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "rows"})
    consumer.assign([TopicPartition(ROWS, number, 0) for number in range(PARTITIONS)])
    rows: list[tuple[bytes, bytes]] = []
    while len(rows) < count:
        messages = consumer.consume(count - len(rows), 1.0)
        rows += ((message.key() or b"", message.value() or b"") for message in messages if message.error() is None)
    consumer.close()
    return rows


def digest(url: str) -> tuple[int, str]:
    """How many rows there are, and a digest of all that a program has written, whatever the order."""
    with psycopg.connect(url) as connection:
        connection.execute("SET work_mem = '512MB'")
        row = connection.execute(DIGEST.encode()).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])
