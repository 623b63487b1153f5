"""What `parked` prints for people."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from catalog.advice import advice
from catalog.reasons import ParkReason
from consumer.commands.outcome_view import outcome_view
from consumer.event.model import Outcome
from consumer.operator.parked_records import ParkedAction, ParkedRecord, ParkedSummary, ReplayResult
from runtime import terminal

STYLES = {"recorded": "green", "duplicate": "green", "ignored": "yellow", "conflict": "bold red", "parked": "bold red"}
MAX_ROWS = 50


def list_view(records: list[ParkedSummary]) -> Table:
    """A list of parked records."""
    table = terminal.table("id", "parked at", "where", "reason", "detail", right=["id"], fold=["where", "detail"])
    for row in records:
        reason = (
            Text(row.reason)
            if row.action is None
            else Text(f"{row.reason}\n").append(_action_words(row.action, row.outcome), "dim")
        )
        where = f"{terminal.escaped(row.topic)}/{row.number}\n@{row.offset}"
        table.add_row(str(row.id), terminal.instant(row.parked_at), where, reason, terminal.printable(row.detail))
    return table


def replays_view(outcomes: dict[int, ReplayResult]) -> Table:
    """What became of replayed records: of each, or of very many those that need a person, MAX_ROWS at most."""
    if len(outcomes) > MAX_ROWS:
        unresolved = [(key, result) for key, result in outcomes.items() if result.outcome in {"parked", "conflict"}]
        outcomes = dict(unresolved[:MAX_ROWS])
    table = terminal.table("id", "outcome", "detail", right=["id"], fold=["detail"])
    for parked_id, result in outcomes.items():
        table.add_row(
            str(parked_id), Text(result.outcome, STYLES[result.outcome]), terminal.printable(result.detail or "")
        )
    return table


def details_view(
    parked: ParkedRecord, actions: list[ParkedAction], now: Outcome | str, data: dict[str, Any] | str
) -> Group:
    """Everything about one parked record."""
    record, why = parked.record(), ParkReason.of(parked.reason)
    about = terminal.facts(
        ("parked record", parked.id),
        ("where", f"{parked.topic}/{parked.number} @{parked.offset} (topic id {parked.topic_id})"),
        ("Kafka's time", terminal.instant(parked.timestamp)),
        ("parked at", terminal.instant(parked.parked_at)),
        ("reason", Text(parked.reason, "bold red")),
        ("meaning", why.meaning),
        ("detail", parked.detail),
        ("to do", advice(why)),
        ("key", _bytes(record.key)),
    )
    headers = terminal.table("header", "value", fold=["header", "value"])
    for name, value in record.headers:
        headers.add_row(terminal.printable(name), terminal.printable(_bytes(value)))
    size = "none (a tombstone)" if record.value is None else f"{len(record.value):,} bytes"
    parts: list[Any] = [
        about,
        Text(),
        headers,
        Text(f"\nvalue: {size}", "bold"),
        Text(terminal.hexdump(record.value or b"")),
    ]
    shown = terminal.as_json(data) if isinstance(data, dict) else data
    parts += [Text("\ndata", "bold"), Text("\n".join(map(terminal.escaped, shown.splitlines())))]
    if actions:
        history = terminal.table("at", "what", "by", "why", fold=["what", "by", "why"])
        for action in actions:
            performed = terminal.printable(
                _action_words(action.action, action.outcome) + (f": {action.detail}" if action.detail else "")
            )
            history.add_row(
                terminal.instant(action.performed_at),
                performed,
                terminal.printable(action.performed_by),
                terminal.printable(action.reason),
            )
        parts += [Text("\nwhat was done", "bold"), history]
    return Group(
        *parts, Text("\nreplayed now, it would be", "bold"), Text(now) if isinstance(now, str) else outcome_view(now)
    )


def _bytes(content: bytes | None) -> str:
    if content is None:
        return terminal.NONE
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"not UTF-8: {content[:64].hex(' ')}" + (" …" if len(content) > 64 else "")


def _action_words(action: str, outcome: str | None) -> str:
    return "dismissed" if action == "dismiss" else f"replayed: {outcome}"
