"""Logs which partitions are held back by a producer's open transaction: Kafka delivers nothing past its first record."""

from collections.abc import Mapping

import structlog

from consumer.event.model import Partition

log = structlog.get_logger()

ASK_SECONDS = 5.0
# Shorter transactions are normal.
OPEN_SECONDS = 10.0
REPEAT_SECONDS = 600.0


class OpenTransactions:
    """Follows the last stable offsets; a partition that is held back for a while is logged, and then again rarely."""

    def __init__(self) -> None:
        self._held: dict[Partition, tuple[int, float]] = {}
        self._logged_at: dict[Partition, float] = {}

    def update(self, ends: Mapping[Partition, int], stable_ends: Mapping[Partition, int], now: float) -> None:
        """Compares the end offsets with the last stable offsets, which were queried after them; `now`: monotonic seconds."""
        held = {p: stable for p, stable in stable_ends.items() if p in ends and stable < ends[p]}
        for partition in [p for p in self._held if p in stable_ends and p not in held]:
            del self._held[partition]
            if self._logged_at.pop(partition, None) is not None:
                log.info("open_transaction_ended", topic=partition.topic, partition=partition.number)
        for partition, offset in held.items():
            since = self._held.get(partition)
            if since is None or since[0] != offset:
                self._held[partition] = offset, now
            elif (
                now - since[1] >= OPEN_SECONDS
                and now - self._logged_at.get(partition, -REPEAT_SECONDS) >= REPEAT_SECONDS
            ):
                self._logged_at[partition] = now
                log.warning(
                    "open_transaction",
                    topic=partition.topic,
                    partition=partition.number,
                    offset=offset,
                    end=ends[partition],
                    hint="a producer's open transaction holds the partition back at this offset (docs/runbook.md)",
                )
