"""The values that a request passes through: Viewer, Query, Entry and Listing. Frozen, without behavior."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Viewer:
    """An admin of the active workspace of a verified Clerk session token. Nobody else becomes a Viewer.

    `impersonator` is the `sub` of the token's `act` claim: who acts as this user; usually None.
    """

    user_id: str
    session_id: str
    workspace_id: str
    workspace_slug: str | None
    impersonator: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range of time: the text of the query, kept for forms and links, and its instant (UTC)."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries (SPEC 6): every field that is not empty or None is a condition. `before` is exclusive, from `to`.

    `last` is a range that ends at the time of the list's `as_of`; it replaces `since` and `before`.
    """

    actions: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    source: str | None = None
    channel: str | None = None
    actor: str | None = None
    subject: str | None = None
    last: str | None = None
    since: Bound | None = None
    before: Bound | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A page of a selection. `as_of` and `cursor` come from an earlier response; a cursor replaces the offset."""

    selection: Selection = Selection()
    limit: int = 50
    offset: int = 0
    as_of: str | None = None
    cursor: str | None = None


class Entry(NamedTuple):
    """One stored entry. `diff` is the stored canonical text, which the API copies without parsing it.

    In a list, `diff` is None where it is too long. `is_cut`: other texts of the entry were so long that they are shortened. A
    named tuple: every page makes fifty, and a frozen dataclass takes four times as long to make.
    """

    id: int
    workspace_id: str
    action: str
    actor_type: str
    actor_id: str
    subject_type: str
    subject_id: str
    occurred_at: datetime
    recorded_at: datetime
    channel: str
    source: str | None
    event_source: str
    event_id: str
    facets: Sequence[str]
    actor_email: str | None
    subject_label: str | None
    diff: str | None
    is_cut: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing of what is stored is missing."""
        return self.diff is not None and not self.is_cut


class LargeDiff(NamedTuple):
    """A diff that a list's statement leaves out: its size in bytes, and the stored text in UTF-8, None where it is too long.

    Bytes, since a text with a single character beyond the first plane takes four bytes for each character in memory.
    """

    size: int
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The result of a Query: entries, newest first, and the exact total of the selection as of `as_of`.

    While a long list is read into memory a page may be without its total: then it is not `is_counted`, and `total` is how many
    there are at least. `has_more` says that older entries follow, and `is_read` whether its own are there.

    `newer`: entries of the selection recorded after `as_of`, counted up to 100, and among the next 10,000 of the workspace;
    `has_newer_beyond` says that there may be more.
    `complete_through`: the minimum of the live partitions (SPEC 5); None while one of them has none. `sealed_through`: the
    time of the newest checkpoint; None while nothing is sealed.
    """

    query: Query
    entries: tuple[Entry, ...]
    total: int
    as_of: str
    as_of_time: datetime
    newer: int
    complete_through: datetime | None
    sealed_through: datetime | None
    next_cursor: str | None
    is_counted: bool = True
    has_more: bool = False
    is_read: bool = True
    has_newer_beyond: bool = False
