"""The admin client of Kafka, replaced where it reaches no broker for long.

An answer that lists no broker makes librdkafka forget all that it knows, and then it may not find them again (its issue 5301,
open). A broker that was frozen or fenced gives such answers for a moment.
"""

import threading
import time
from collections.abc import Callable

import structlog
from confluent_kafka.admin import AdminClient

log = structlog.get_logger()

RENEW_SECONDS = 30.0


class RenewedAdmin:
    """Safe to use from many threads; `make` makes a client."""

    def __init__(self, make: Callable[[], AdminClient]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._client = make()
        self._made_at = self._reached_at = time.monotonic()
        self._failed = False

    def get(self) -> AdminClient:
        """The client for the next query: a new one if everything has failed for RENEW_SECONDS."""
        with self._lock:
            now = time.monotonic()
            if self._failed and now - max(self._made_at, self._reached_at) >= RENEW_SECONDS:
                log.warning("kafka_client_replaced", client="admin", reason=f"no broker in {RENEW_SECONDS:g} s")
                self._client, self._made_at, self._failed = self._make(), now, False
            return self._client

    def reached(self) -> None:
        """Notes that a broker has answered."""
        self._reached_at, self._failed = time.monotonic(), False

    def failed(self) -> None:
        """Notes that no broker has answered a query: the next `get` may give another client."""
        self._failed = True

    def reached_within(self, seconds: float) -> bool:
        """Whether a broker has answered in the last `seconds`."""
        return time.monotonic() - self._reached_at < seconds
