"""An entry as JSON (SPEC 6): the one shape in which the reader's API and the operator's commands show it."""

from collections.abc import Mapping
from typing import Any, Protocol

from catalog.audit_types import BY_NAME
from catalog.summary import Summarized, summary


class EntryFields(Summarized, Protocol):
    """The fields that are needed of an entry; each program has its own class for entries."""

    @property
    def workspace_id(self) -> str: ...
    @property
    def subject_type(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def event_source(self) -> str: ...
    @property
    def event_id(self) -> str: ...


def entry_json(entry: EntryFields, *, times: Mapping[str, Any], source: str | None, diff: Any) -> dict[str, Any]:
    """The entry's JSON value, without an id. `times` are its times by name, `diff` is the value for the stored diff.

    An action that the catalog does not have, which a newer consumer may write, is its own label.
    """
    audit_type = BY_NAME.get(entry.action)
    return {
        "workspace_id": entry.workspace_id,
        "action": entry.action,
        "label": audit_type.label if audit_type else entry.action,
        "summary": summary(entry),
        "facets": entry.facets,
        "actor": {"type": entry.actor_type, "id": entry.actor_id, "email": entry.actor_email},
        "subject": {"type": entry.subject_type, "id": entry.subject_id, "label": entry.subject_label},
        **times,
        "channel": entry.channel,
        "source": source,
        "diff": diff,
        "event": {"source": entry.event_source, "id": entry.event_id},
    }
