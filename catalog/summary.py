"""A stored entry as one sentence: the same words wherever an entry is shown, whether from the whole entry or from the part that a list has."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from catalog import shortened, stored_diff
from catalog.audit_types import BY_NAME
from catalog.visible_text import in_quotes, is_blank, shape_of_start, visible_line
from catalog.wording import NO_CHANGES, SentencePart, parts

_LIKE_SYSTEM = re.compile(r"\s*system\s*\(", re.IGNORECASE)
MAX_DIFF_BYTES = 8 * 1024  # of UTF-8; a longer diff is not parsed for a sentence, to bound what a page costs


class Summarized(Protocol):
    """The fields of an entry that a sentence needs; each program has its own class. `diff`: the stored text, None if not read."""

    @property
    def action(self) -> str: ...
    @property
    def facets(self) -> Sequence[str]: ...
    @property
    def actor_type(self) -> str: ...
    @property
    def actor_id(self) -> str: ...
    @property
    def actor_email(self) -> str | None: ...
    @property
    def subject_id(self) -> str: ...
    @property
    def subject_label(self) -> str | None: ...
    @property
    def diff(self) -> str | None: ...


def summary(entry: Summarized) -> str:
    """The sentence as plain text (not HTML: escape it), in which nothing is invisible."""
    return "".join(part.text for part in summary_parts(entry, changes_of(entry.diff)))


def summary_parts(entry: Summarized, changes: Mapping[str, Any]) -> tuple[SentencePart, ...]:
    """The sentence in parts; `changes` as `changes_of` returns them."""
    audit_type = BY_NAME.get(entry.action)
    actor, subject = actor_name(entry), visible_line(in_quotes(shortened.name(subject_text(entry))))
    if audit_type is None:  # written by a newer consumer than this program
        return (
            SentencePart(actor, "actor"),
            SentencePart(f" did {visible_line(entry.action)} to ", ""),
            SentencePart(subject, "subject"),
        )
    # The value of a facet may be any text, too.
    return parts(audit_type, actor, subject, [visible_line(facet) for facet in shortened.facets(entry.facets)], changes)


def actor_name(entry: Summarized) -> str:
    """The e-mail address, if one was recorded in which something is seen; only a service is shown as `System (…)`."""
    email = entry.actor_email or ""
    text = shortened.name(entry.actor_id if _is_blank(email) else email)
    name = visible_line(in_quotes(text))
    if entry.actor_type == "system":
        return f"System ({name})"
    is_like_system = _LIKE_SYSTEM.match(shape_of_start(text).strip('"'))
    return f'"{visible_line(text)}"' if is_like_system else name


def subject_text(entry: Summarized) -> str:
    """The label as it is stored, else the id; but not the workspace's id for the name of something in it, such as an add-on whose name is blank."""
    label = entry.subject_label
    if label is None or (_is_blank(label) and not _is_of_the_workspace(entry)):
        return entry.subject_id
    return label


def _is_of_the_workspace(entry: Summarized) -> bool:
    """Whether the subject is something in the workspace that has no id of its own."""
    audit_type = BY_NAME.get(entry.action)
    subject = audit_type.subject if audit_type else None
    return subject is not None and subject.id == "workspace_id" and subject.type != "workspace"


def _is_blank(name: str) -> bool:
    """Whether nothing of a name is seen in a sentence; the same for the name as a list has it."""
    short = shortened.name(name)
    return is_blank(short[:-1] if shortened.may_be_cut(short) else short)


def changes_of(stored: str | None) -> Mapping[str, Any]:
    """The changes that a sentence may name: none if the diff is missing, too long or nested too deeply."""
    if stored is None or len(stored) > MAX_DIFF_BYTES or len(stored.encode(errors="surrogatepass")) > MAX_DIFF_BYTES:
        return NO_CHANGES
    try:
        changes = stored_diff.parse(stored).get("changes", NO_CHANGES)
    except RecursionError:
        return NO_CHANGES
    return changes if isinstance(changes, dict) else NO_CHANGES
