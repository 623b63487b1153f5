"""Where a partition is read, and what an offset that was delivered out of sequence means.

Kafka does not deliver every offset: transaction markers and aborted records leave holes. A hole is counted only when
the broker has shown it, never because a client's queue jumped: directly after a start, a jump must be seen twice.
"""

from consumer.event.model import Partition
from consumer.partitions.breaker import Breaker


class Position:
    """An active partition; `next` is the offset to be read next, ahead of what is written, `end` the log's end at the claim."""

    __slots__ = ("_doubted", "_holes", "breaker", "end", "epoch", "next", "partition", "proven", "suspect_until")

    def __init__(self, partition: Partition, offset: int, epoch: int, end: int, breaker: Breaker) -> None:
        self.partition = partition
        self.next = offset
        self.epoch = epoch
        self.end = end
        self.breaker = breaker
        self.suspect_until = 0
        self.proven = False
        self._doubted: int | None = None
        self._holes = 0

    def started(self) -> None:
        """The reading was started again at `next`: the first offset delivered is in doubt until proven."""
        self.proven = False

    def in_sequence(self) -> None:
        """The offset `next` itself was delivered: from now on a jump is a hole of the broker's."""
        self.proven = True
        self._doubted = None

    def hole(self, offset: int) -> int | None:
        """How many offsets that were not delivered lie between `next` and `offset`, which is above it.

        None when a jump is first seen after a start: the reading must be started again, and if `offset` comes again, they are missing.
        """
        if self.proven or self._doubted == offset:
            self.proven = True
            return offset - self.next
        self._doubted = offset
        return None

    def skip_to(self, offset: int) -> None:
        """Passes a hole."""
        self._holes += offset - self.next
        self.next = offset

    def record_number(self, offset: int) -> int:
        """The number of a delivered record, with no holes in it, as the breaker counts them."""
        return offset - self._holes
