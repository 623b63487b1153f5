"""What the index store gives: a list as it is now, or why not."""

from dataclasses import dataclass

from reader.model import Entry
from reader.query.key_index import KeyIndex
from reader.query.transaction_view import TransactionView


class Outdated(Exception):
    """A cached index belongs to another database than the one that answers. It was dropped, so another attempt may succeed."""


class NotAtHand(Exception):
    """The list must be read, and the caller does not wait for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentIndex:
    """An index at the snapshot of `view`.

    `entries` are those of the window by the index as it was in memory, before newer keys were added.
    """

    index: KeyIndex
    view: TransactionView
    entries: tuple[Entry, ...]
