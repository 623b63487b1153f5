"""The links of a list's entries: to the entry, and to all entries that share something with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode

from catalog import shortened
from catalog.audit_types import BY_NAME
from catalog.visible_text import visible
from reader.html.links import PATH
from reader.model import Entry, Listing, Query
from reader.query.filters import CHANNELS, MAX_TEXT_BYTES, InvalidQuery, parse, to_pairs
from reader.query.position import parse_position
from reader.query.searched_text import filter_of_actor, without_edges


class SharedValues(NamedTuple):
    """The filters that find entries like this one; empty if a filter does not apply. `source` is a channel."""

    actor: str
    subject: str
    action: str
    source: str


def back_query(listing: Listing) -> str:
    """The query of the list's page with its `as_of`. The page has it once: a script appends it to the address of each entry.

    So an entry's page leads back to the list; without a script its Referer does.
    """
    return f"?{urlencode(to_pairs(replace(listing.query, as_of=listing.as_of)))}"


def lists(query: Query, entry: Entry) -> SharedValues:
    """The addresses of the lists of what has the same actor, subject, action or source, within the list that led here.

    Empty where there is none.
    """
    kept, shared = to_pairs(Query(query.selection, query.limit)), shared_values(entry)

    def address(name: str, value: str, *replaced: str) -> str:
        pairs = [*(pair for pair in kept if pair[0] not in (name, *replaced)), (name, value)]
        return f"{PATH}?{urlencode(pairs)}" if value and _are_taken(pairs) else ""

    return SharedValues(
        actor=address("actor", shared.actor),
        subject=address("subject", shared.subject),
        action=address("action", shared.action, "facet"),
        source=address("channel", shared.source, "source"),
    )


def shared_values(entry: Entry) -> SharedValues:
    """The actor is the e-mail address, which people know, or the id if the address cannot be used in a filter."""
    email, subject = entry.actor_email or "", entry.subject_id
    is_whole = len(email.encode()) <= MAX_TEXT_BYTES and not shortened.may_be_cut(email)
    return SharedValues(
        actor=filter_of_actor(email if is_whole else "", entry.actor_id),
        subject=subject if without_edges(subject) == visible(subject) == subject else "",
        action=entry.action if entry.action in BY_NAME else "",
        source=entry.channel if entry.channel in CHANNELS else "",
    )


def _are_taken(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a list takes these filters: added to many others, one more may be too long."""
    try:
        parse_position(parse(pairs))
    except InvalidQuery:
        return False
    return True
