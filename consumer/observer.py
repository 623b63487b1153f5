"""Who hears what the loop does: the progress bar, the metrics, the traces."""

from collections.abc import Mapping, Sequence

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.partitions.assignment import Key
from consumer.partitions.position import Position
from consumer.storage.writer import Written


class Observer:
    """Called by the loop's thread, for each turn and each batch, never for a record. This one is deaf."""

    def turned(self, halted: Mapping[Partition, HaltCause]) -> None:
        """A turn of the loop begins; `halted` are the halted partitions, as they are now and later."""

    def assigned(self, keys: Sequence[Key]) -> None:
        """The group gives us partitions."""

    def revoked(self, keys: Sequence[Key]) -> None:
        """The group has taken partitions back, in order."""

    def lost(self, keys: Sequence[Key]) -> None:
        """The group had given partitions to others before we knew."""

    def claimed(self, position: Position) -> None:
        """A partition becomes active, to be read from `position.next` to (for now) `position.end`."""

    def submitted(self) -> None:
        """A batch goes to the writer."""

    def written(self, written: Written) -> None:
        """The batch that went to the writer last is in the tables."""

    def fenced(self) -> None:
        """A batch was refused: another consumer, or an operator, has taken a partition over."""


class CompositeObserver(Observer):
    """Several observers as one, told in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def turned(self, halted: Mapping[Partition, HaltCause]) -> None:  # noqa: D102 see Observer, also below
        for observer in self._observers:
            observer.turned(halted)

    def assigned(self, keys: Sequence[Key]) -> None:  # noqa: D102
        for observer in self._observers:
            observer.assigned(keys)

    def revoked(self, keys: Sequence[Key]) -> None:  # noqa: D102
        for observer in self._observers:
            observer.revoked(keys)

    def lost(self, keys: Sequence[Key]) -> None:  # noqa: D102
        for observer in self._observers:
            observer.lost(keys)

    def claimed(self, position: Position) -> None:  # noqa: D102
        for observer in self._observers:
            observer.claimed(position)

    def submitted(self) -> None:  # noqa: D102
        for observer in self._observers:
            observer.submitted()

    def written(self, written: Written) -> None:  # noqa: D102
        for observer in self._observers:
            observer.written(written)

    def fenced(self) -> None:  # noqa: D102
        for observer in self._observers:
            observer.fenced()
