"""The links of a list's entries: to the entry, and to all entries that share something with it."""

from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

from catalog.audit_types import BY_NAME
from catalog.visible_text import visible
from reader.html.links import PATH
from reader.model import Entry, Query
from reader.query.filters import MAX_TEXT_BYTES, to_pairs
from reader.query.searched_text import name_of_actor, without_edges


class SharedValues(NamedTuple):
    """The filters that find entries like this one; empty if a filter does not apply. `source` is a channel."""

    actor: str
    subject: str
    action: str
    source: str


class RowLinks:
    """Makes the links of one list. Its other filters are kept, and an entry's page gets a link `back` to it.

    `query` is the page of the list with its `as_of`. A page would have two hundred long links to filter it. Instead it has the
    beginnings of their URLs once, in `prefixes`, and a script appends a value of `shared_values` to each.
    """

    def __init__(self, query: Query) -> None:
        pairs = to_pairs(query)
        self.back = f"?{urlencode(pairs)}" if pairs else ""
        kept = to_pairs(Query(query.selection, query.limit))
        self.prefixes = SharedValues(
            actor=_before(kept, "actor"),
            subject=_before(kept, "subject"),
            action=_before(kept, "action", "facet"),
            source=_before(kept, "channel", "source"),
        )

    def lists(self, entry: Entry) -> SharedValues:
        """The addresses of the lists of what has the same actor, subject, action or source; empty where there is none."""
        values = zip(self.prefixes, shared_values(entry), strict=True)
        return SharedValues(*(prefix + quote_plus(value) if value else "" for prefix, value in values))


def shared_values(entry: Entry) -> SharedValues:
    """The actor is the e-mail address, which people know, or the id if the address cannot be used in a filter."""
    email, subject = entry.actor_email or "", entry.subject_id
    is_plain = name_of_actor(email) == visible(email) == email and len(email.encode()) <= MAX_TEXT_BYTES
    return SharedValues(
        actor=email if email and is_plain else entry.actor_id,
        subject=subject if without_edges(subject) == visible(subject) == subject else "",
        action=entry.action if entry.action in BY_NAME else "",
        source=entry.channel,
    )


def _before(pairs: list[tuple[str, str]], name: str, *also: str) -> str:
    """The address of a list with these parameters, up to the value of the parameter `name`."""
    kept = urlencode([pair for pair in pairs if pair[0] not in (name, *also)])
    return f"{PATH}?{kept}&{name}=" if kept else f"{PATH}?{name}="
