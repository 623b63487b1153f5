"""What the native code does with the records of one schema: the catalog's entry and the schema, as nested tuples.

A plan is data for one reader only, `plan.h`, which has its form. Places are those of fields in their record, -1 where there is none.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from catalog.audit_types import Route
from catalog.definitions import AuditType, Facet, FacetOf, Feed, Field

# (kind, names, children): enums have names, arrays, maps and unions have children, records have both.
Type: TypeAlias = tuple[str, tuple[bytes, ...], tuple[Any, ...]]
Plan: TypeAlias = tuple[Any, ...]
Member = TypeVar("Member")

_KINDS = {"null", "boolean", "int", "long", "double", "string"}
# Kinds whose values Python may find equal, and the native code would not: no union may have two of one row.
_ALIKE = (("int", "long"), ("string", "enum"), ("record", "map"))
MAX_MEMBERS, MAX_FIELDS = 128, 64  # what the native code has room for: avro.h, plan.h
_FACETS = (FacetOf.EVENT, FacetOf.OPERATION, FacetOf.CHANGED)


class NotPlannedError(Exception):
    """The native code cannot do this; it is left to Python."""


def plan(ce_type: str, route: Route, schema: Any) -> Plan:
    """How records of `ce_type` become rows, where its reader schema is also the writer's. Raises NotPlannedError."""
    if len(route.ways) != 1:
        raise NotPlannedError(f"{ce_type} feeds several audit types")
    [(audit_type, feed)] = route.ways.values()
    data = _type(schema, {})
    snapshots = [_record(data, name) for name in ("before", "after")]
    present = [snapshot for snapshot in snapshots if snapshot is not None]
    if any(snapshot != present[0] for snapshot in present) or any(field.masked for field in audit_type.stored):
        raise NotPlannedError(f"{ce_type}: its snapshots differ in their types, or a field is masked")
    if any(data[2][place][0] != "record" for place in _places(data, "actor", "origin")):
        raise NotPlannedError(f"{ce_type}: its actor or origin may be missing")
    if max(len(audit_type.tracked), len(audit_type.facets)) > MAX_FIELDS:
        raise NotPlannedError(f"{ce_type} has more than {MAX_FIELDS} fields or facets")
    actor, origin = _record(data, "actor"), _record(data, "origin")
    return (
        data, ce_type.encode(), audit_type.name, audit_type.subject.type.encode(), audit_type.subject.prefix.encode(), feed.edit,
        (*_places(data, "workspace_id", "actor", "origin", audit_type.subject.id), _place(data, "before"), _place(data, "after")),
        _label(audit_type, data, snapshots), (*_places(actor, "type", "id", "email"), *_places(origin, "channel", "client", "tool")),
        _tracked(audit_type.tracked, snapshots), _of_data(audit_type.facts, data),
        _of_data(sorted(audit_type.context, key=lambda field: field.name), data), _facets(audit_type.facets, feed, data),
    )  # fmt: skip


def _type(schema: Any, named: dict[str, Type]) -> Type:
    """The schema with every name written out; the keys and items of maps and arrays are plain values."""
    if isinstance(schema, list):
        branches = _few([_type(branch, named) for branch in schema])
        for alike in _ALIKE:
            if sum(branch[0] in alike for branch in branches) > 1:
                raise NotPlannedError(f"a union of {' and '.join(alike)}")
        return "union", (), branches
    if isinstance(schema, str):
        if schema not in _KINDS and schema not in named:
            raise NotPlannedError(f"a value of type {schema}")
        return named.get(schema) or (schema, (), ())
    match schema["type"]:
        case "enum":
            written: Type = ("enum", _few([symbol.encode() for symbol in schema["symbols"]]), ())
        case "record":
            fields = [(field["name"], _type(field["type"], named)) for field in schema["fields"]]
            written = "record", _few([name.encode() for name, _ in fields]), tuple(kind for _, kind in fields)
        case "array" | "map" as kind:
            return kind, (), (_plain(_type(schema["items" if kind == "array" else "values"], named)),)
        case other:
            raise NotPlannedError(f"a value of type {other}")
    named[schema["name"]] = written
    return written


def _few(members: Sequence[Member]) -> tuple[Member, ...]:
    if len(members) > MAX_MEMBERS:
        raise NotPlannedError(f"more than {MAX_MEMBERS} symbols, fields or branches")
    return tuple(members)


def _plain(kind: Type) -> Type:
    if any(part[0] in {"array", "map", "record"} for part in (kind, *kind[2])):
        raise NotPlannedError(f"a list of type {kind[0]}")
    return kind


def _record(data: Type, name: str) -> Type | None:
    """The record that this field of the data is, with null or without."""
    if name.encode() not in data[1]:
        return None
    kind = data[2][_place(data, name)]
    records: list[Type] = [branch for branch in kind[2] if branch[0] == "record"] if kind[0] == "union" else [kind]
    if [record[0] for record in records] != ["record"]:
        raise NotPlannedError(f"{name} is no record")
    return records[0]


def _place(record: Type | None, name: str) -> int:
    return record[1].index(name.encode()) if record is not None and name.encode() in record[1] else -1


def _places(record: Type | None, *names: str) -> list[int]:
    places = [_place(record, name) for name in names]
    if -1 in places:
        raise NotPlannedError(f"{names[places.index(-1)]} is no field")
    return places


def _label(audit_type: AuditType, data: Type, snapshots: Sequence[Type | None]) -> tuple[int, int, int]:
    """The place of the subject's label in the data, or in the snapshots before and after."""
    name = audit_type.subject.label
    if name is None:
        return -1, -1, -1
    if audit_type.label_is_tracked:
        return -1, _place(snapshots[0], name), _place(snapshots[1], name)
    return _places(data, name)[0], -1, -1


def _tracked(fields: Iterable[Field], snapshots: Sequence[Type | None]) -> tuple[Plan, ...]:
    for field in fields:
        for snapshot in snapshots:
            if snapshot is not None:
                _places(snapshot, field.name)
    before, after = snapshots
    return tuple(
        (field.name.encode(), _place(before, field.name), _place(after, field.name), field.open_map, field.is_id)
        for field in fields
    )


def _of_data(fields: Iterable[Field], data: Type) -> tuple[Plan, ...]:
    return tuple((field.name.encode(), -1, *_places(data, field.name), field.open_map, field.is_id) for field in fields)


def _facets(facets: Iterable[Facet], feed: Feed, data: Type) -> tuple[Plan, ...]:
    written = []
    for facet in facets:
        text = f"{facet.name}:{feed.operation}" if facet.of is FacetOf.OPERATION else f"{facet.name}:"
        place = _places(data, facet.name)[0] if facet.of is FacetOf.EVENT else -1
        written.append((_FACETS.index(facet.of), text.encode(), place))
    return tuple(written)
