"""Who hears what the loop does: the progress bar, the metrics, the traces."""

from collections.abc import Mapping, Sequence

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.partitions.assignment import Key
from consumer.partitions.position import Position
from consumer.storage.writer import Written


class Observer:
    """Called by the loop's thread, for each turn and each batch, never for a record. This one is deaf."""

    def on_loop(self, halted: Mapping[Partition, HaltCause]) -> None:
        """A turn of the loop begins; `halted` are the halted partitions, as they are now and later."""

    def on_assigned(self, keys: Sequence[Key]) -> None:
        """The group gives us partitions."""

    def on_revoked(self, keys: Sequence[Key]) -> None:
        """The group has taken partitions back, in order."""

    def on_lost(self, keys: Sequence[Key]) -> None:
        """The group had given partitions to others before we knew."""

    def on_claimed(self, position: Position) -> None:
        """A partition becomes active, to be read from `position.next` to (for now) `position.end`."""

    def on_submitted(self) -> None:
        """A batch goes to the writer."""

    def on_written(self, written: Written) -> None:
        """The batch that went to the writer last is in the tables."""

    def on_fenced(self) -> None:
        """A batch was refused: another consumer, or an operator, has taken a partition over."""


class CompositeObserver(Observer):
    """Several observers as one, told in their order."""

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
