"""The nouns of the reader: who asks, what is asked for, and what is answered. Frozen values, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Viewer:
    """An admin of an active workspace, as a verified Clerk session token says; nobody else is a Viewer.

    `impersonator` is the `sub` of the token's `act`, the person who acts as this user; None as a rule.
    """

    user_id: str
    session_id: str
    workspace_id: str
    workspace_slug: str | None
    impersonator: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range of time: the text that was given, kept for forms and links, and the instant it means (UTC)."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries (SPEC 6): each field narrows, empty or None does not. `before` is exclusive and the `to` of a query."""

    actions: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    source: str | None = None
    channel: str | None = None
    actor: str | None = None
    since: Bound | None = None
    before: Bound | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A page of a selection. `as_of` and `cursor` are the opaque texts of an earlier answer; with a cursor, no offset."""

    selection: Selection = Selection()
    limit: int = 50
    offset: int = 0
    as_of: str | None = None
    cursor: str | None = None


class Entry(NamedTuple):
    """One entry as it is shown. `diff` is the stored canonical text, never parsed and written again on its way to JSON.

    A named tuple, since fifty are made for each page, and a frozen dataclass takes four times as long to make.
    """

    id: int
    workspace_id: str
    action: str
    facets: Sequence[str]
    actor_type: str
    actor_id: str
    actor_email: str | None
    subject_type: str
    subject_id: str
    subject_label: str | None
    occurred_at: datetime
    recorded_at: datetime
    channel: str
    source: str | None
    diff: str
    event_source: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What is answered to a Query: entries newest first, and the exact total of the selection as of `as_of`.

    `newer`: entries of the selection recorded after `as_of`, counted up to 100 (100 means "100 or more").
    `complete_through`: the least of the live partitions' (SPEC 5); None while a partition has none.
    """

    query: Query
    entries: tuple[Entry, ...]
    total: int
    as_of: str
    as_of_time: datetime
    newer: int
    complete_through: datetime | None
    next_cursor: str | None
