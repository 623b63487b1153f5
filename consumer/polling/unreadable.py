"""Records that the Kafka client cannot decode completely: parked with their readable parts (SPEC 4).

Their headers are read once more, by librdkafka's own functions. That may take several attempts. After
ATTEMPTS the record is parked without them, because one record must not stop its partition.
"""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import structlog

from catalog.reasons import ParkReason
from consumer.event.model import Headers, Parked, Partition, Record, Unreadable
from consumer.kafka.raw_headers import RawHeadersUnavailable

log = structlog.get_logger()

# Each takes a few seconds at most, and the partition is claimed again in between.
ATTEMPTS = 3

ReadHeaders: TypeAlias = Callable[[Partition, int], Headers]


class UnreadableRecords:
    """Makes parked records of them; `read_headers` reads the headers at an offset, or raises RawHeadersUnavailable."""

    def __init__(self, read_headers: ReadHeaders) -> None:
        self._read_headers = read_headers
        self._failed: Counter[tuple[Partition, int]] = Counter()

    def park(self, unreadable: Unreadable) -> tuple[Record, Parked] | None:
        """The record and its outcome; None if it is to be read again first, because its headers may be readable then."""
        record, detail = unreadable.record, unreadable.detail
        place = record.partition, record.offset
        if "headers" in unreadable.missing:
            try:
                record = record._replace(headers=self._read_headers(*place))
            except RawHeadersUnavailable as error:
                self._failed[place] += 1
                names = {"topic": record.partition.topic, "partition": record.partition.number, "offset": record.offset}
                log.warning("headers_unavailable", **names, attempt=self._failed[place], error=str(error))
                if self._failed[place] < ATTEMPTS:
                    return None
                detail += "; its headers could not be read"
        self._failed.pop(place, None)
        return record, Parked(ParkReason.RECORD_UNREADABLE, detail)
