"""The digest that decides whether two entries are equal: the consumer stores it, and the sealer computes it again (SPEC 4)."""

from collections.abc import Iterable
from hashlib import sha256

import orjson

# Facets that begin so say how an event was recorded, not what happened.
CLOCK = "clock:"


def content_digest(  # noqa: PLR0913, PLR0917 the columns of an entry, one by one: a call with a star costs more
    workspace_id: str,
    event_source: str,
    event_id: str,
    action: str,
    facets: list[str],
    actor_type: str,
    actor_id: str,
    actor_email: str | None,
    subject_type: str,
    subject_id: str,
    subject_label: str | None,
    channel: str,
    occurred_at: str,
    diff: str,
) -> bytes:
    """`content_digest`: SHA-256 of the canonical JSON (keys sorted, compact, UTF-8) of the entry as an object.

    Its keys are the columns' names, here in their order; each value is what the column holds, except that `diff` is the stored text as one
    string, `occurred_at` is ISO 8601 UTC with six digits and Z, and `facets` are `digested_facets`.
    So anyone can recompute it from a row of the table, in any language: no number is formatted again.
    """
    entry = {
        "action": action,
        "actor_email": actor_email,
        "actor_id": actor_id,
        "actor_type": actor_type,
        "channel": channel,
        "diff": diff,
        "event_id": event_id,
        "event_source": event_source,
        "facets": facets,
        "occurred_at": occurred_at,
        "subject_id": subject_id,
        "subject_label": subject_label,
        "subject_type": subject_type,
        "workspace_id": workspace_id,
    }
    return sha256(orjson.dumps(entry)).digest()


def digested_facets(facets: Iterable[str]) -> list[str]:
    """The facets of an entry that its digest covers: those that do not begin with `clock:`."""
    return [facet for facet in facets if not facet.startswith(CLOCK)]
