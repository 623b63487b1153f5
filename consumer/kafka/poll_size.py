"""How many records a poll may take, so that their bytes fit into memory whatever their size.

The client unpacks what it has fetched, and a poll copies the values. A few hundred records of a megabyte that compress
to a kilobyte each are in one answer of the broker; their number alone would be no bound.
"""

from collections.abc import Sequence

from confluent_kafka import Message

POLL_BYTES = 2 * 1024 * 1024
FIRST = 16  # records of a poll before the size of any is known


class PollSize:
    """The bound of the next poll: as many records as fit into POLL_BYTES, if they are as large as those of the last one."""

    def __init__(self) -> None:
        self.max_records = FIRST

    def note(self, messages: Sequence[Message]) -> None:
        """Takes the sizes of the values that a poll returned; nothing changes if it returned none.

        Keys and headers are not counted: they are ids, where values hold what people have written.
        """
        sizes = [len(message) for message in messages if message.error() is None]
        if sizes:
            self.max_records = max(POLL_BYTES * len(sizes) // max(sum(sizes), 1), 1)
