"""The links of a list's entries: to the entry, and to all entries that share something with it."""

from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

from catalog.audit_types import BY_NAME
from reader.html.links import PATH
from reader.model import Entry, Query
from reader.query.filters import MAX_TEXT_BYTES, to_pairs
from reader.query.searched_text import name_of_actor, without_edges


class EntryLinks(NamedTuple):
    """An entry's own page, and the lists of what has the same actor, subject, action or source; empty where none can be asked for."""

    entry: str
    actor: str
    subject: str
    action: str
    source: str


class RowLinks:
    """Makes the links of one list. Its other filters are kept, and an entry's page knows the way back to it.

    `query` is the page of the list with its `as_of`. A page has two hundred of these links, so what they share is made once.
    """

    def __init__(self, query: Query) -> None:
        pairs = to_pairs(query)
        self._back = f"?{urlencode(pairs)}" if pairs else ""
        kept = to_pairs(Query(query.selection, query.limit))
        self._actor, self._subject = _before(kept, "actor"), _before(kept, "subject")
        self._action = _before(kept, "action", "facet")
        self._channel = _before(kept, "channel", "source")
        self._source = self._channel.removesuffix("channel=") + "source="

    def of(self, entry: Entry) -> EntryLinks:
        """The links of one entry."""
        subject = entry.subject_id
        return EntryLinks(
            entry=f"{PATH}/{entry.id}{self._back}",
            actor=self._actor + quote_plus(_asked(entry)),
            subject=self._subject + quote_plus(subject) if without_edges(subject) == subject else "",
            action=self._action + quote_plus(entry.action) if entry.action in BY_NAME else "",
            source=f"{self._source}mcp" if entry.source == "mcp" else self._channel + quote_plus(entry.channel),
        )


def _asked(entry: Entry) -> str:
    """The e-mail address, which people know; the id where the address cannot be asked for as it is."""
    email = entry.actor_email
    if email and name_of_actor(email) == email and len(email.encode()) <= MAX_TEXT_BYTES:
        return email
    return entry.actor_id


def _before(pairs: list[tuple[str, str]], name: str, *also: str) -> str:
    """The address of a list with these parameters, up to the value of the parameter `name`."""
    kept = urlencode([pair for pair in pairs if pair[0] not in (name, *also)])
    return f"{PATH}?{kept}&{name}=" if kept else f"{PATH}?{name}="
