"""Derives from the end offsets how complete the tables are (`complete_through`), and which topics were re-created."""

from datetime import datetime

import structlog

from consumer.event.model import Partition
from consumer.kafka.consumer import GroupConsumer
from consumer.partitions.assignment import Assignment
from consumer.partitions.watermark import Watermark
from consumer.storage.batch import Batch

log = structlog.get_logger()


class Completeness:
    """For each partition, the oldest end offset that is not reached yet, and the database's time of its query."""

    def __init__(self, consumer: GroupConsumer, assignment: Assignment, watermark: Watermark) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._watermark = watermark
        self._goals: dict[Partition, tuple[datetime, int]] = {}

    def apply(self, batch: Batch) -> None:
        """Notes in `batch` up to when its partitions are complete; partitions of a topic with another id are claimed again."""
        end_offsets = self._watermark.take()
        if end_offsets is None:
            return
        for partition, position in list(self._assignment.active.items()):
            if partition.topic in end_offsets.unknown:
                continue
            if end_offsets.ids.get(partition.topic) != partition.topic_id:
                log.error("topic_replaced", topic=partition.topic, partition=partition.number)
                self._consumer.stop([partition])
                self._assignment.unclaim(partition)
            elif partition in end_offsets.ends:
                if end_offsets.at is not None:
                    self._goals.setdefault(partition, (end_offsets.at, end_offsets.ends[partition]))
                at, end = self._goals.get(partition, (None, 0))
                if at is not None and position.next >= end:
                    batch.range_of(partition, position.next, position.epoch).complete_through = at
                    del self._goals[partition]
