"""What becomes of a record: a row to store, or a reason to ignore it or to park it.

Invariant: nothing that a producer sends makes `run` raise. An exception is a bug of ours and is not caught: parking the
record would hide the bug behind a wrong reason. It ends the loop, and the offset does not move.
"""

from collections.abc import Mapping
from typing import Any

from catalog.audit_types import BY_CE_TYPE, Route
from catalog.definitions import AuditType, Feed
from catalog.reasons import IgnoreReason, ParkReason
from consumer.event import diff, envelope
from consumer.event.decode import Decoder, check_size
from consumer.event.identity import check_id
from consumer.event.ignored import ignored_type
from consumer.event.model import Event, Ignored, NeedsSchema, Outcome, Parked, Poison, Record, new
from consumer.event.row import row

_TOMBSTONE = Ignored(IgnoreReason.TOMBSTONE)
_NO_CHANGE = Ignored(IgnoreReason.NO_CHANGE)
_NOT_AUDITED = Ignored(IgnoreReason.NOT_AUDITED)


class Pipeline:
    """Runs records through decoding, diff and row; it neither blocks nor keeps state."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def run(self, record: Record) -> Outcome | NeedsSchema:
        """The record's outcome, or which schema must first be fetched to have one."""
        try:
            return self._run(record)
        except Poison as poison:
            return Parked(poison.reason, poison.detail)

    def _run(self, record: Record) -> Outcome | NeedsSchema:
        """In the order of SPEC 4. An ignored type needs its ce_type and its schema to agree, and nothing more."""
        value = record.value
        if value is None:
            if record.key is None:
                raise Poison(ParkReason.KEY_MISSING, "the record has neither key nor value")
            return _TOMBSTONE
        check_size(value)
        ignored = ignored_type(record.headers)
        if ignored is None:
            return self._audited(record, value)
        named = self._decoder.names_type(ignored, value)
        if named is True:
            return _NOT_AUDITED
        if named is False:
            raise Poison(ParkReason.SCHEMA_MISMATCH, f"ce_type says {ignored}, the schema is another type's")
        return named

    def _audited(self, record: Record, value: bytes) -> Outcome | NeedsSchema:
        attributes = envelope.read(record.headers)
        route = BY_CE_TYPE.get(attributes.type)
        if route is None:
            raise Poison(ParkReason.UNKNOWN_TYPE, f"no one has listed {attributes.type!r:.200}")
        key = _key(record)
        data = self._decoder.decode(attributes.type, value)
        if isinstance(data, NeedsSchema):
            return data
        _check_workspace(data["workspace_id"], key)
        chosen = _choose(route, data)
        if chosen is None:
            return _NO_CHANGE
        audit_type, feed = chosen
        changes = _changes(audit_type, data)
        if feed.edit and not changes:
            return _NO_CHANGE
        return row(new(Event, (attributes, data)), audit_type, feed, changes, record)


def _key(record: Record) -> str:
    if record.key is None:
        raise Poison(ParkReason.KEY_MISSING, "the record has no key")
    try:
        return record.key.decode()
    except UnicodeDecodeError:
        raise Poison(ParkReason.KEY_MISSING, "the key is not UTF-8") from None


def _check_workspace(workspace_id: str, key: str) -> None:
    check_id(workspace_id, "workspace_id", "org_")
    if key != workspace_id:
        raise Poison(ParkReason.KEY_MISMATCH, "the Kafka key is not the record's workspace_id")


def _choose(route: Route, data: Mapping[str, Any]) -> tuple[AuditType, Feed] | None:
    """The audit type that the data becomes; None when nothing changed."""
    if route.choose is None:
        return next(iter(route.ways.values()))
    choice = route.choose(data)
    if isinstance(choice, IgnoreReason):
        return None
    if isinstance(choice, tuple):
        raise Poison(*choice)
    return route.ways[choice]


def _changes(audit_type: AuditType, data: Mapping[str, Any]) -> diff.Changes:
    if audit_type.facts:
        return diff.changes(None, data, audit_type.facts)
    return diff.changes(data.get("before"), data.get("after"), audit_type.tracked)
