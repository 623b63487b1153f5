"""The rows that peers read: what the consumer made of the same events, each as one record; and the proof that all wrote the same."""

import psycopg
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.event.model import COLUMNS

TOPIC, PARTITIONS = "peers.rows", 21
# A value is text as PostgreSQL writes it, or null: any client can send it back.
ROWS = f"SELECT workspace_id, json_build_array({', '.join(f'{name}::text' for name in COLUMNS)})::text FROM audit_event ORDER BY id"
DIGEST = (
    "SELECT count(*), coalesce(md5(string_agg(md5(made), '' ORDER BY made COLLATE \"C\")), '') "
    f"FROM (SELECT ({', '.join(COLUMNS)})::text AS made FROM audit_event) AS rows"
)


def publish_rows(bootstrap: str, url: str) -> int:
    """Publishes each row of the database as one record, keyed by workspace; how many."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result()
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 2_000_000})
    count = 0
    with psycopg.connect(url) as connection, connection.cursor("rows") as cursor:
        for workspace, row in cursor.execute(ROWS.encode()):
            producer.produce(TOPIC, row.encode(), workspace.encode())
            count += 1
            if count % 10_000 == 0:
                producer.poll(0)
    assert producer.flush(60) == 0
    return count


def digest(url: str) -> tuple[int, str]:
    """How many rows there are, and a digest of all that a program has written, whatever the order."""
    with psycopg.connect(url) as connection:
        connection.execute("SET work_mem = '512MB'")
        row = connection.execute(DIGEST.encode()).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])
