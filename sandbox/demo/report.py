"""The end of `--once`: the final tables, and whether every outcome is the expected one."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog.audit_types import BY_NAME
from consumer.commands.outcome_view import outcome_view
from consumer.event.model import Recorded
from runtime import terminal
from runtime.postgres import Connection
from sandbox.demo import queries
from sandbox.demo.queries import OUTCOMES

MEANINGS = {
    "recorded": "one entry each",
    "duplicate": "delivered twice: counted, no second entry",
    "conflict": "other content under a known identity: kept whole, the first entry stays",
    "ignored": "reads, sign-ins …, a tombstone, edits that changed nothing",
    "parked": "an unlisted type: the raw record is kept, with its reason",
    "gap": "lost by Kafka before it was read",
    "undelivered": "offsets that Kafka does not deliver",
}


def show(console: Console, connection: Connection, expected: Counter[str]) -> list[str]:
    """Prints the final tables; what is not as expected, in words."""
    counted, types = queries.outcomes(connection), queries.types(connection)
    console.print(_outcomes(counted, expected))
    console.print()
    console.print(_types(types))
    if (edit := queries.mcp_edit(connection)) is not None:
        console.print(Text("\nOne entry whole: an edit that Claude or ChatGPT made through MCP\n", "bold"))
        console.print(outcome_view(Recorded(edit, False)))
    console.print(Text("\nNot recorded, and kept\n", "bold"))
    for kind, kept in (("parked", queries.parked(connection)), ("conflict", queries.conflicts(connection))):
        for place, why in kept:
            console.print(Text.assemble((f"{kind} ", "bold"), f"{terminal.escaped(place)}  {terminal.escaped(why)}"))
    console.print()
    listed = faults(counted, expected, types)
    return listed if edit else [*listed, "no schedule was edited through MCP"]


def faults(counted: Counter[str], expected: Counter[str], types: dict[str, tuple[int, int]]) -> list[str]:
    """Every outcome that is not as expected, every type that is missing, and a number of entries that is not that of the recorded events."""
    listed = [
        f"{name}: {counted[name]} where the sample expects {expected[name]}"
        for name in OUTCOMES
        if counted[name] != expected[name]
    ]
    listed += [f"no entry of type {name}" for name in BY_NAME if name not in types]
    if (entries := sum(count for count, _ in types.values())) != expected["recorded"]:
        listed.append(f"{entries} entries in audit_event where {expected['recorded']} were recorded")
    return listed


def _outcomes(counted: Counter[str], expected: Counter[str]) -> Table:
    table = terminal.table("outcome", "records", "expected", "meaning", right=["records", "expected"], fold=["meaning"])
    for name in OUTCOMES:
        style = "" if counted[name] == expected[name] else "bold red"
        table.add_row(
            name, Text(terminal.number(counted[name]), style), terminal.number(expected[name]), MEANINGS[name]
        )
    table.add_section()
    table.add_row("all", terminal.number(counted.total()), terminal.number(expected.total()), "each record once")
    return table


def _types(types: dict[str, tuple[int, int]]) -> Table:
    table = terminal.table("audit type", "shown as", "entries", "through MCP", right=["entries", "through MCP"])
    for name, audit_type in BY_NAME.items():
        count, mcp = types.get(name, (0, 0))
        table.add_row(name, audit_type.label, terminal.number(count), terminal.number(mcp))
    return table
