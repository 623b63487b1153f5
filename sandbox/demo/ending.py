"""The end of `--once`: the final tables, and whether every outcome is what the sample promises."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog.audit_types import BY_NAME
from consumer.commands.outcome_view import outcome_view
from consumer.event.model import Recorded
from runtime import terminal
from runtime.postgres import Connection
from sandbox.demo import seen
from sandbox.demo.seen import OUTCOMES

MEANINGS = {
    "recorded": "one entry each",
    "duplicate": "delivered twice: counted, no second entry",
    "conflict": "other content under a known identity: kept whole, the first stands",
    "ignored": "reads, sign-ins …, a tombstone, edits that changed nothing",
    "parked": "a type that no one has listed: kept raw, with its reason",
    "gap": "lost by Kafka before it was read",
    "undelivered": "offsets that Kafka does not deliver",
}


def show(console: Console, connection: Connection, promised: Counter[str]) -> list[str]:
    """Prints the final tables; what is not as promised, in words."""
    found, types = seen.outcomes(connection), seen.types(connection)
    console.print(_outcomes(found, promised))
    console.print()
    console.print(_types(types))
    if (edit := seen.mcp_edit(connection)) is not None:
        console.print(Text("\nOne entry whole: an edit that Claude or ChatGPT made through MCP\n", "bold"))
        console.print(outcome_view(Recorded(edit, False)))
    console.print(Text("\nNot recorded, and kept\n", "bold"))
    for kind, kept in (("parked", seen.parked(connection)), ("conflict", seen.conflicts(connection))):
        for place, why in kept:
            console.print(Text.assemble((f"{kind} ", "bold"), f"{terminal.escaped(place)}  {terminal.escaped(why)}"))
    console.print()
    listed = faults(found, promised, types)
    return listed if edit else [*listed, "no schedule was edited through MCP"]


def faults(found: Counter[str], promised: Counter[str], types: dict[str, tuple[int, int]]) -> list[str]:
    """Every outcome that is not as promised, every type that is missing, and entries that no outcome tells of."""
    listed = [
        f"{name}: {found[name]} where the sample promises {promised[name]}"
        for name in OUTCOMES
        if found[name] != promised[name]
    ]
    listed += [f"no entry of type {name}" for name in BY_NAME if name not in types]
    if (entries := sum(count for count, _ in types.values())) != promised["recorded"]:
        listed.append(f"{entries} entries in audit_event where {promised['recorded']} were recorded")
    return listed


def _outcomes(found: Counter[str], promised: Counter[str]) -> Table:
    made = terminal.table("outcome", "records", "promised", "meaning", right=["records", "promised"], fold=["meaning"])
    for name in OUTCOMES:
        style = "" if found[name] == promised[name] else "bold red"
        made.add_row(name, Text(terminal.number(found[name]), style), terminal.number(promised[name]), MEANINGS[name])
    made.add_section()
    made.add_row("all", terminal.number(found.total()), terminal.number(promised.total()), "each record once")
    return made


def _types(types: dict[str, tuple[int, int]]) -> Table:
    made = terminal.table("audit type", "shown as", "entries", "through MCP", right=["entries", "through MCP"])
    for name, audit_type in BY_NAME.items():
        count, mcp = types.get(name, (0, 0))
        made.add_row(name, audit_type.label, terminal.number(count), terminal.number(mcp))
    return made
