"""What `status` prints for people: halts first, then where each partition stands, the outcomes, and the verdict."""

from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from catalog.reasons import HaltCause
from consumer.operator import accounting as states
from consumer.operator.accounting import Kept, Logs, Progress
from runtime import terminal

# The counters in the order in which they are shown, with their headings.
COUNTS = {
    "recorded": "recorded",
    "duplicate": "duplicate",
    "conflict": "conflict",
    "ignored": "ignored",
    "parked": "parked",
    "gap": "gap",
    "undelivered": "holes",  # what Kafka does not deliver
    "reread": "reread",
}


def view(state: Kept, sight: Logs) -> Group:
    """The whole answer of `status`."""
    parts: list[Any] = [
        _halt(row, state) for row in state.progress if row.halted is not None and row.retired_at is None
    ]
    if sight.away:
        parts.append(Text(f"Kafka: {terminal.escaped(sight.away)}. Ends and lag are not known.\n", "yellow"))
    if sight.missing:
        parts.append(Text(f"Kafka does not know {', '.join(map(terminal.escaped, sight.missing))}.\n", "bold red"))
    if not state.progress and not states.unread(state, sight):
        return Group(*parts, Text("No partition has been read yet."))
    parts += [_progress(state, sight), Text(), _outcomes(state), Text()]
    return Group(*parts, *_open(state), *_verdict(state))


def _halt(row: Progress, state: Kept) -> Panel:
    cause = HaltCause.of(str(row.halted))
    text = Text.assemble(
        terminal.printable(str(row.halted_detail)),
        f"\nhalted at {terminal.instant(row.halted_at)}, offset {row.next_offset:,}\n\n{cause.meaning}\n",
        (_command(row, state), "bold"),
    )
    title = Text(f"{terminal.escaped(row.topic)}/{row.number} is halted: {cause.value}", "bold red")
    return Panel(text, title=title, title_align="left", border_style="red")


def _command(row: Progress, state: Kept) -> str:
    """What to type once the cause is dealt with."""
    if row.halted != HaltCause.GAP:
        return f"audit-consumer resume {terminal.escaped(row.topic)} {row.number} --reason …"
    ids = [str(gap.id) for gap in state.gaps if (gap.topic, gap.number) == (row.topic, row.number)]
    return f"audit-consumer gaps accept {' '.join(ids)} --reason …"


def _progress(state: Kept, sight: Logs) -> Table:
    made = terminal.table(
        "partition",
        "next",
        "end",
        "lag",
        "complete through",
        right=["next", "end", "lag"],
        fold=["partition", "complete through"],
    )
    for row in state.progress:
        bounds, behind = sight.bounds.get(row.partition), states.lag(row, sight)
        name = _name(row)
        if row.halted and row.retired_at is None:
            name.append("\nhalted", "bold red")
        end = terminal.NONE if bounds is None else f"{bounds.high:,}"
        lag = Text(terminal.number(behind), "yellow" if behind else "")
        made.add_row(name, f"{row.next_offset:,}", end, lag, terminal.instant(row.complete_through))
    for partition, bounds in states.unread(state, sight).items():
        name = terminal.printable(f"{partition.topic}/{partition.number}").append("\nnot read yet", "yellow")
        made.add_row(name, terminal.NONE, f"{bounds.high:,}", terminal.number(bounds.high - bounds.low), terminal.NONE)
    return made


def _outcomes(state: Kept) -> Group:
    """A column for each outcome that occurs; the others are named below."""
    sums = {name: sum(getattr(row, name) for row in state.progress) for name in COUNTS}
    shown = [name for name, total in sums.items() if total]
    headings = [COUNTS[name] for name in shown]
    made = terminal.table("partition", *headings, "", right=headings, fold=["partition"])
    for row in state.progress:
        mark = Text("✗", "bold red") if states.findings(row) else Text("✓", "green")
        made.add_row(_name(row), *(terminal.number(getattr(row, name)) for name in shown), mark)
    if len(state.progress) > 1:
        made.add_section()
        made.add_row(Text("total", "bold"), *(terminal.number(sums[name]) for name in shown), "")
    absent = ", ".join(heading for name, heading in COUNTS.items() if not sums[name])
    return Group(made, Text(f"none: {absent}", "dim") if absent else Text())


def _open(state: Kept) -> list[Text]:
    """What waits for a person."""
    lines = []
    if state.parked:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in state.parked.items())
        lines.append(Text(f"Parked, to be decided: {reasons} (`audit-consumer parked list`)", "yellow"))
    if state.gaps:
        ids = ", ".join(str(gap.id) for gap in state.gaps)
        lines.append(Text(f"Gaps, to be accepted: {ids} (`audit-consumer gaps list`)", "yellow"))
    if conflicts := sum(row.conflict_rows for row in state.progress):
        lines.append(Text(f"Conflicts: {conflicts:,} (table conflicting_event)", "yellow"))
    return lines


def _verdict(state: Kept) -> list[Text]:
    found = [f"{row.topic}/{row.number}: {words}" for row in state.progress for words in states.findings(row)]
    found += states.entry_findings(state)
    lines = [Text(f"✗ {terminal.escaped(words)}", "bold red") for words in found]
    if found:
        return [
            *lines,
            Text("The accounting does not balance: keep the database as it is and call the developers.", "bold red"),
        ]
    resolved = sum(row.parked_resolved for row in state.progress)
    words = "✓ The accounting balances: every offset that was passed has its outcome, and the rows are there"
    if state.entries is not None:
        words += f"; {sum(state.entries.values()):,} entries counted"
    return [Text(words + (f"; {resolved:,} of the parked are resolved." if resolved else "."), "green")]


def _name(row: Progress) -> Text:
    name = terminal.printable(f"{row.topic}/{row.number}")
    return name if row.retired_at is None else name.append(f"\nretired {row.retired_at:%Y-%m-%d}", "dim")
