"""Publishes in the background, at a steady rate."""

import threading
from collections.abc import Iterable, Iterator

from sandbox.services.process import SandboxError
from sandbox.traffic.generator import Emission
from sandbox.traffic.publisher import DeliveryFailed, producer, publish


class BackgroundPublisher:
    """Publishes until the emissions run out, or `end` is called."""

    def __init__(self, bootstrap_servers: str, emissions: Iterable[Emission], per_second: float) -> None:
        self._bootstrap_servers, self._emissions, self._per_second = bootstrap_servers, emissions, per_second
        self._ended = threading.Event()
        self._failure: DeliveryFailed | None = None
        self._thread = threading.Thread(target=self._publish, name="publisher", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """SandboxError when the broker did not take what was published."""
        if self._failure is not None:
            raise SandboxError(f"publishing failed: {self._failure}")

    def end(self) -> None:
        """Stops publishing, and waits until the broker has what was sent."""
        self._ended.set()
        self._thread.join()

    def _publish(self) -> None:
        try:
            publish(self._until_ended(), producer(self._bootstrap_servers), self._per_second)
        except DeliveryFailed as error:
            self._failure = error

    def _until_ended(self) -> Iterator[Emission]:
        for emission in self._emissions:
            if self._ended.is_set():
                return
            yield emission
