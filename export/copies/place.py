"""A place that takes copies of checkpoints."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Note:
    """A checkpoint as it was signed: of which log, of how many seals, and its bytes."""

    origin: str
    size: int
    data: bytes


class NotCopied(Exception):
    """The place did not take a copy, or did not say that it has; the message says why, in one line."""


class Place(Protocol):
    """Where copies go. Taking one twice does no harm."""

    @property
    def name(self) -> str:
        """How log and metrics call it."""

    def copy(self, note: Note) -> None:
        """Returns once the place has it for good; raises NotCopied, within about a minute."""
