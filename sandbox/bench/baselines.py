"""What the consumer is held against: a raw COPY of the same rows, and a loop that only consumes."""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import psycopg
from confluent_kafka import Consumer, TopicPartition

from consumer.event.model import COLUMNS as ENTRY_COLUMNS
from consumer.kafka.group_config import BASE
from consumer.polling.loop import POLL_RECORDS
from sandbox.bench.load import PARTITIONS

COLUMNS = ", ".join(ENTRY_COLUMNS)
TWIN = """
drop table if exists twin;
create table twin (like audit_event including all) partition by hash (workspace_id);
do $$ begin for leaf in 0..15 loop
    execute format('create table twin_%s partition of twin for values with (modulus 16, remainder %s)', leaf, leaf);
end loop; end $$;
"""


class RawCopy(NamedTuple):
    """What a raw COPY took."""

    seconds: float
    rows: int


def raw_copy(url: str) -> RawCopy:
    """One COPY of all rows of audit_event, in binary and in their order, into a table that is its twin.

    The twin has every index, constraint, default and generated column of audit_event. The bytes are fetched before the
    clock starts and are sent as they are: nothing is left to Python but handing over blocks. audit_event is gone afterwards.
    """
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(TWIN)
        with cursor.copy(f"copy (select {COLUMNS} from audit_event order by id) to stdout (format binary)") as out:  # noqa: S608 a constant
            blocks = _joined(bytes(block) for block in out)
        # The drain began on a server that had nothing to keep.
        cursor.execute("drop table audit_event cascade")
        cursor.execute("checkpoint")
        began = time.perf_counter()
        with cursor.copy(f"copy twin ({COLUMNS}) from stdin (format binary)") as into:
            for block in blocks:
                into.write(block)
        copied = RawCopy(time.perf_counter() - began, cursor.rowcount)
        cursor.execute("drop table twin")
    return copied


def _joined(rows: Iterable[bytes], size: int = 1 << 20) -> list[bytes]:
    blocks, block = [], bytearray()
    for row in rows:
        block += row
        if len(block) >= size:
            blocks.append(bytes(block))
            block.clear()
    return [*blocks, bytes(block)]


def bare_loop(bootstrap: str, topics: Sequence[str], count: int) -> float:
    """Seconds in which a bare loop, with the consumer's own client settings, has consumed `count` records, from its first on."""
    consumer = Consumer({**BASE, "bootstrap.servers": bootstrap, "group.id": "bare"})
    consumer.assign([TopicPartition(topic, number, 0) for topic in topics for number in range(PARTITIONS)])
    began, consumed = 0.0, 0
    while consumed < count:
        for message in consumer.consume(POLL_RECORDS, 0.1):
            if message.error() is None:
                began = began or time.perf_counter()
                consumed += 1
    seconds = time.perf_counter() - began
    consumer.close()
    return seconds
