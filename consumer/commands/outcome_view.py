"""An outcome, for machines and for people."""

import json
from typing import Any, assert_never

from rich.console import Group
from rich.table import Table
from rich.text import Text

from catalog.advice import advice
from catalog.audit_types import BY_NAME
from catalog.entry_json import entry_json
from catalog.summary import summary
from consumer.event.model import Ignored, Outcome, Parked, Recorded, Row
from runtime import terminal


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """An outcome for machines; an entry has the names of SPEC 6."""
    match outcome:
        case Recorded(row, sanitized):
            return {"outcome": "recorded", "entry": _entry(row), "sanitized": sanitized}
        case Ignored(ignored):
            return {"outcome": "ignored", "reason": ignored.value, "meaning": ignored.meaning}
        case Parked(reason, detail):
            words = {"meaning": reason.meaning, "detail": detail, "to_do": advice(reason)}
            return {"outcome": "parked", "reason": reason.value, **words}
        case _:
            assert_never(outcome)


def outcome_view(outcome: Outcome) -> Table | Group:
    """An outcome for people."""
    match outcome:
        case Recorded(row, _):
            return _row_view(row)
        case Ignored(reason):
            word = Text(f"ignored: {reason.value}", "bold yellow")
            return terminal.facts(("outcome", word), ("meaning", f"{reason.meaning}; counted, and dropped"))
        case Parked(why, detail):
            word = Text(f"parked: {why.value}", "bold red")
            return terminal.facts(
                ("outcome", word), ("meaning", why.meaning), ("detail", detail), ("to do", advice(why))
            )
        case _:
            assert_never(outcome)


def _entry(row: Row) -> dict[str, Any]:
    diff, times = json.loads(row.diff), {"occurred_at": row.occurred_at}
    entry = entry_json(row, times=times, source=diff.get("source"), diff=diff)
    return {**entry, "content_digest": row.content_digest.hex()}


def _row_view(row: Row) -> Group:
    audit_type, diff = BY_NAME[row.action], json.loads(row.diff)
    entry = terminal.facts(
        ("outcome", Text("recorded", "bold green")),
        ("action", f"{row.action} ({audit_type.label})"),
        ("reads", summary(row)),
        ("workspace", row.workspace_id),
        ("actor", " ".join(filter(None, (row.actor_type, row.actor_id, row.actor_email)))),
        ("subject", " ".join(filter(None, (row.subject_type, row.subject_id, row.subject_label)))),
        ("occurred at", row.occurred_at),
        ("channel", row.channel),
        ("mcp", terminal.value(diff["mcp"]) if "mcp" in diff else None),
        ("facets", ", ".join(row.facets) or None),
        ("context", terminal.value(diff["context"]) if "context" in diff else None),
        ("event", f"{row.event_source} {row.event_id}"),
        ("digest", row.content_digest.hex()),
    )
    return Group(entry, Text(), _changes(diff["changes"]))


def _changes(changes: dict[str, dict[str, Any]]) -> Table:
    table = terminal.table("changed", "before", "after", fold=("changed", "before", "after"))
    for pointer, change in changes.items():
        if change.get("masked") is True and not {"before", "after"} & change.keys():
            before = after = Text("masked", "italic")
        else:
            before, after = _side(change, "before", "red"), _side(change, "after", "green")
        table.add_row(terminal.printable(pointer), before, after)
    return table


def _side(change: dict[str, Any], name: str, style: str) -> Text:
    return terminal.printable(terminal.value(change[name]), style) if name in change else Text(terminal.NONE, "dim")
