"""The hooks with which the progress bar, the metrics and the traces follow a consumer."""

from collections.abc import Mapping, Sequence

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.partitions.assignment import Key
from consumer.partitions.position import Position
from consumer.retries import Retry
from consumer.storage.writer import Written


class Observer:
    """Hooks for each iteration of the loop and each batch, never for a record; this one does nothing.

    All are called by the loop's thread, except `on_retry`.
    """

    def on_loop(self, halted: Mapping[Partition, HaltCause]) -> None:
        """An iteration of the loop begins; `halted` are the halted partitions; copy it to keep it, since it changes."""

    def on_assigned(self, keys: Sequence[Key]) -> None:
        """The group has assigned partitions to us."""

    def on_revoked(self, keys: Sequence[Key]) -> None:
        """The group has revoked partitions, which were written up to then and released."""

    def on_lost(self, keys: Sequence[Key]) -> None:
        """The group had assigned partitions to others before we knew."""

    def on_claimed(self, position: Position) -> None:
        """A partition becomes active, to be read from `position.next` to (for now) `position.end`."""

    def on_submitted(self) -> None:
        """A batch goes to the writer."""

    def on_written(self, written: Written) -> None:
        """The batch that went to the writer last is in the tables."""

    def on_fenced(self) -> None:
        """A batch was refused: another consumer, or an operator, has taken a partition over."""

    def on_retry(self, retry: Retry) -> None:
        """Something is tried again; called by any thread."""


class CompositeObserver(Observer):
    """Several observers as one, called in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def on_loop(self, halted: Mapping[Partition, HaltCause]) -> None:  # noqa: D102 see Observer, also below
        for observer in self._observers:
            observer.on_loop(halted)

    def on_assigned(self, keys: Sequence[Key]) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_assigned(keys)

    def on_revoked(self, keys: Sequence[Key]) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_revoked(keys)

    def on_lost(self, keys: Sequence[Key]) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_lost(keys)

    def on_claimed(self, position: Position) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_claimed(position)

    def on_submitted(self) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_submitted()

    def on_written(self, written: Written) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_written(written)

    def on_fenced(self) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_fenced()

    def on_retry(self, retry: Retry) -> None:  # noqa: D102
        for observer in self._observers:
            observer.on_retry(retry)
