"""How long the brokers have been silent: no response of any of them, by librdkafka's statistics.

Each member gets some, at the latest to its heartbeats. It is counted in statistics and not by a clock, so that a process that was
frozen does not take its own absence for the brokers'.
"""

import json

# Set with the callback: without one librdkafka makes no statistics.
STATISTICS_SECONDS = 5
# Longer than the client takes to refresh its metadata, and to give up a connection.
SILENT_STATISTICS = 9


class Silence:
    """Counts the statistics of one client since the last response; `is_long` says when the client is to be replaced."""

    def __init__(self) -> None:
        self._responses = 0
        self._unchanged = 0

    def on_statistics(self, text: str) -> None:
        """The client's callback; `rx` is the number of all responses so far."""
        responses: int = json.loads(text)["rx"]
        self._unchanged = self._unchanged + 1 if responses == self._responses else 0
        self._responses = responses

    def is_long(self) -> bool:
        """Whether it has lasted for SILENT_STATISTICS."""
        return self._unchanged >= SILENT_STATISTICS
