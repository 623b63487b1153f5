"""Events recorded without Kafka: through the real pipeline, by the writer's own statements, into a database that is there.

For pages that need entries and not their transport. How complete the tables are is said separately: no partition is read.
"""

from collections.abc import Iterable
from datetime import datetime

import psycopg

import schemas
from consumer.event.decode import Decoder
from consumer.event.model import Partition, Record, Recorded
from consumer.event.pipeline import Pipeline
from consumer.storage.batch import WriteResult
from consumer.storage.copy_row import CopyRow, copy_row
from consumer.storage.insert import insert_rows
from consumer.storage.store import prepare
from runtime.postgres import connect
from runtime.timestamps import iso
from sandbox.traffic.generator import Emission

COMPLETE = """
    INSERT INTO partition_progress (kafka_topic_id, kafka_partition, kafka_topic, complete_through)
    VALUES ('recorded', 0, 'callmine.schedules', %s)
    ON CONFLICT (kafka_topic_id, kafka_partition) DO UPDATE SET complete_through = excluded.complete_through
"""


SEALED = """
    INSERT INTO audit_seal (seal, snapshot, record, accounts, checkpoint)
    VALUES (0, pg_current_snapshot(), %s, '', 'no checkpoint: nothing was signed')
"""


def record(url: str, emissions: Iterable[Emission]) -> int:
    """Records what the pipeline makes of `emissions`; the number of entries."""
    pipeline = Pipeline(Decoder(schemas.all_schemas()))
    kept: list[CopyRow] = []
    for offset, (topic, key, value, headers) in enumerate(emissions):
        arrived = Record(Partition(topic, "recorded", 0), offset, None, key, value, [*headers])
        outcome = pipeline.run(arrived)
        if isinstance(outcome, Recorded):
            kept.append(copy_row(arrived, outcome, len(kept)))
    result = WriteResult()
    with connect(url, "audit_writer", "recorded") as connection:
        prepare(connection)
        with connection.transaction(), connection.cursor() as cursor:
            refused = insert_rows(cursor, kept, result)
    assert not refused
    return result.recorded.total()


def complete_through(url: str, time: datetime | None) -> None:
    """Says that everything is in the tables that Kafka had received by `time`; None: that no one knows. `url`: superuser's."""
    with psycopg.connect(url) as connection:
        connection.execute(COMPLETE, (time,))


def sealed_through(url: str, time: datetime) -> None:
    """Says that all entries up to `time` are sealed, for a page that shows it: nothing is hashed or signed. `url`: superuser's."""
    with psycopg.connect(url) as connection:
        connection.execute(SEALED, (f"seal 0\ntime {iso(time)}\n",))
