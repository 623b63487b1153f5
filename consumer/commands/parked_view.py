"""What `parked` prints for people."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from catalog.advice import ADVICE
from catalog.reasons import ParkReason
from consumer.commands.outcome_view import outcome_view
from consumer.event.model import Outcome
from consumer.operator.parked_records import Done, Listed, Replayed, Stored
from runtime import terminal

STYLES = {"recorded": "green", "duplicate": "green", "ignored": "yellow", "conflict": "bold red", "parked": "bold red"}
MOST = 50


def rows(found: list[Listed]) -> Table:
    """A list of parked records."""
    made = terminal.table("id", "parked at", "where", "reason", "detail", right=["id"], fold=["where", "detail"])
    for row in found:
        reason = (
            Text(row.reason)
            if row.action is None
            else Text(f"{row.reason}\n").append(_did(row.action, row.outcome), "dim")
        )
        where = f"{terminal.escaped(row.topic)}/{row.number}\n@{row.offset}"
        made.add_row(str(row.id), f"{row.parked_at:%m-%d %H:%M}", where, reason, terminal.printable(row.detail))
    return made


def replays(outcomes: dict[int, Replayed]) -> Table:
    """What became of replayed records: of each, or of very many those that need a person, MOST at most."""
    if len(outcomes) > MOST:
        unresolved = [(key, given) for key, given in outcomes.items() if given.outcome in {"parked", "conflict"}]
        outcomes = dict(unresolved[:MOST])
    made = terminal.table("id", "outcome", "detail", right=["id"], fold=["detail"])
    for parked_id, given in outcomes.items():
        made.add_row(str(parked_id), Text(given.outcome, STYLES[given.outcome]), terminal.printable(given.detail or ""))
    return made


def whole(kept: Stored, done: list[Done], now: Outcome | str, data: dict[str, Any] | str) -> Group:
    """Everything about one parked record."""
    record, why = kept.record(), ParkReason.of(kept.reason)
    about = terminal.facts(
        ("parked record", kept.id),
        ("where", f"{kept.topic}/{kept.number} @{kept.offset} (topic id {kept.topic_id})"),
        ("Kafka's time", terminal.instant(kept.timestamp)),
        ("parked at", terminal.instant(kept.parked_at)),
        ("reason", Text(kept.reason, "bold red")),
        ("meaning", why.meaning),
        ("detail", kept.detail),
        ("to do", ADVICE[why]),
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
    if done:
        actions = terminal.table("at", "what", "by", "why", fold=["what", "by", "why"])
        for act in done:
            what = terminal.printable(_did(act.action, act.outcome) + (f": {act.detail}" if act.detail else ""))
            actions.add_row(
                terminal.instant(act.performed_at),
                what,
                terminal.printable(act.performed_by),
                terminal.printable(act.reason),
            )
        parts += [Text("\nwhat was done", "bold"), actions]
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


def _did(action: str, outcome: str | None) -> str:
    return "dismissed" if action == "dismiss" else f"replayed: {outcome}"
