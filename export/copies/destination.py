"""The interface of a destination that copies of checkpoints are sent to."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class CheckpointToCopy:
    """A checkpoint as it was signed: of which log, of how many seals, and its bytes."""

    origin: str
    size: int
    data: bytes


class NotCopied(Exception):
    """The copy failed, or was not confirmed; the message gives the reason, in one line."""


class Destination(Protocol):
    """A destination of copies. Sending the same one twice does no harm."""

    @property
    def name(self) -> str:
        """Its name in log and metrics."""

    def copy(self, checkpoint: CheckpointToCopy) -> None:
        """Returns when the copy is stored; raises NotCopied otherwise, within about a minute."""
