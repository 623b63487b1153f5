"""The classes of the catalog: what an audit type consists of, and the rules for it.

The constructors check the rules, so a mistake in the catalog is an error at import. All of it is frozen data; nothing here
reads an event.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter

TYPE_NAME = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")
# What `detailed` may name: money; all changes, or those of an edit; the fields that changed and, apart, their values; and
# the changes beside those of the fields that `detailed` names, or (`unnamed`) all of them where no such field changed.
# `catalog.wording` makes them.
DETAILS = frozenset({"amount", "changes", "edits", "fields", "values", "others", "unnamed"})
WORD = re.compile(r"[a-z]+(_[a-z]+)*")


class CatalogError(ValueError):
    """The catalog contradicts itself; raised while it is imported."""


def require(holds: bool, complaint: str) -> None:
    """Raises CatalogError with `complaint` unless `holds`."""
    if not holds:
        raise CatalogError(complaint)


def repeated(words: Iterable[str]) -> str | None:
    """The first word that occurs twice, or None."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            return word
        seen.add(word)
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """A field that may be stored.

    `masked`: shown as changed, its value never kept. `open_map`: its keys are chosen by people, so a key that names a
    secret is masked (`catalog.secret_keys`). `is_id`: an identity, checked and never rewritten.
    """

    name: str
    masked: bool = False
    open_map: bool = False
    is_id: bool = False

    def __post_init__(self) -> None:
        require(WORD.fullmatch(self.name) is not None, f"field {self.name!r}: a name is snake_case")
        require(not (self.masked and self.is_id), f"field {self.name!r}: an id cannot be masked")


class FacetOf(StrEnum):
    """Where a facet's value comes from."""

    EVENT = "event"  # the field of the same name in the event's data
    OPERATION = "operation"  # the feed: its ce_type says which operation it was
    CHANGED = "changed"  # one value for each tracked field that changed


@dataclass(frozen=True, slots=True)
class Facet:
    """A finer fact kept as `name:value`. `values` pairs each allowed value with its label; empty means open."""

    name: str
    label: str
    of: FacetOf
    values: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        require(WORD.fullmatch(self.name) is not None, f"facet {self.name!r}: a name is snake_case")
        twice = repeated(value for value, _ in self.values)
        require(twice is None, f"facet {self.name}: {twice} is listed twice")
        require(self.of is FacetOf.EVENT or bool(self.values), f"facet {self.name}: only an event's facet can be open")

    def display(self, value: str) -> str:
        """The label of a value, or the value itself where it has none."""
        return next((label for stored_value, label in self.values if stored_value == value), value)


@dataclass(frozen=True, slots=True)
class Feed:
    """An event type that becomes this audit type.

    `operation` is the value of the facet of that name. `edit`: with no tracked field changed it is ignored as
    `no_change` (SPEC 4).
    """

    ce_type: str
    operation: str | None = None
    edit: bool = False

    def __post_init__(self) -> None:
        require(TYPE_NAME.fullmatch(self.ce_type) is not None, f"feed {self.ce_type!r}: a ce_type is family.verb")


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted upon: `id` names the event's field that holds its id, `label` a stored field that people know it by.

    `id` is `workspace_id` where the event names nothing smaller. `prefix` is what the id must begin with, if anything.
    """

    type: str
    id: str
    label: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditType:
    """One kind of change that is recorded.

    `tracked` are the fields of the `before`/`after` snapshots that the diff compares. `facts` are fields of the
    event itself, listed as `after` only; for events without snapshots. `context` are fields of the event beside its
    snapshots, kept beside `changes` where given: among the changes they would break "`before` plus changes is `after`".
    Nothing else of an event is ever stored. `sentence` may name {actor}, {subject} and its own facets. `detailed` may also
    name values from the changes (`DETAILS`, {before_FIELD} and {after_FIELD} of a tracked field, or of one of the facts); if one of these is
    missing, `otherwise` is used instead, and then `sentence`.
    """

    name: str
    label: str
    feeds: tuple[Feed, ...]
    subject: Subject
    sentence: str
    detailed: str = ""
    otherwise: str = ""
    tracked: tuple[Field, ...] = ()
    facts: tuple[Field, ...] = ()
    context: tuple[Field, ...] = ()
    facets: tuple[Facet, ...] = ()
    # Whether the subject's label is read from the snapshot, not from the event; computed once, read for every event.
    label_is_tracked: bool = field(init=False)

    def __post_init__(self) -> None:
        require(TYPE_NAME.fullmatch(self.name) is not None, f"{self.name!r}: a name is family.verb")
        require(bool(self.feeds), f"{self.name}: nothing feeds it")
        require(
            bool(self.tracked) != bool(self.facts), f"{self.name}: either snapshots are tracked or facts are listed"
        )
        twice = repeated(stored_field.name for stored_field in self.stored)
        require(twice is None, f"{self.name}: {twice} is stored twice")
        object.__setattr__(
            self, "label_is_tracked", self.subject.label in {stored_field.name for stored_field in self.tracked}
        )
        self._check_subject()
        self._check_facets()
        self._check_sentence()

    @property
    def family(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]

    @property
    def stored(self) -> tuple[Field, ...]:
        """Every field whose value or change may reach the diff."""
        return self.tracked + self.facts + self.context

    def _check_subject(self) -> None:
        readable = {known_field.name for known_field in self.tracked + self.facts if not known_field.masked}
        label = self.subject.label
        require(label is None or label in readable, f"{self.name}: its subject's label {label} is masked or not stored")

    def _check_facets(self) -> None:
        twice = repeated(facet.name for facet in self.facets)
        require(twice is None, f"{self.name}: the facet {twice} is declared twice")
        allowed = {facet.of: tuple(value for value, _ in facet.values) for facet in self.facets}
        operations = tuple(feed.operation for feed in self.feeds if feed.operation is not None)
        require(allowed.get(FacetOf.OPERATION, ()) == operations, f"{self.name}: operations of feeds and facet differ")
        tracked = tuple(tracked_field.name for tracked_field in self.tracked)
        changed = allowed.get(FacetOf.CHANGED, tracked)
        require(changed == tracked, f"{self.name}: a facet of changed fields lists other fields than are tracked")

    def _check_sentence(self) -> None:
        known = {"actor", "subject"} | {facet.name for facet in self.facets}
        more = (
            known
            | DETAILS
            | {
                f"{side}_{stored_field.name}"
                for side in ("before", "after")
                for stored_field in self.tracked + self.facts
            }
        )
        for pattern, names in ((self.sentence, known), (self.detailed, more), (self.otherwise, more)):
            for _, name, _, _ in Formatter().parse(pattern):
                require(name is None or name in names, f"{self.name}: its sentence names {{{name}}}")
