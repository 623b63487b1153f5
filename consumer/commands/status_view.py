"""What `status` prints for people: halts first, then the progress of each partition, the outcomes, and the verdict."""

from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from catalog.reasons import HaltCause
from consumer.operator import accounting
from consumer.operator.accounting import DatabaseAccount, LogBounds, PartitionAccount
from runtime import terminal

# A clock that differs more from the database's is reported.
MAX_CLOCK_SECONDS = 5.0
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


def view(account: DatabaseAccount, logs: LogBounds) -> Group:
    """The whole answer of `status`."""
    parts: list[Any] = [
        _halt(row, account) for row in account.partitions if row.halted is not None and row.retired_at is None
    ]
    if logs.unavailable:
        parts.append(Text(f"Kafka: {terminal.escaped(logs.unavailable)}. Ends and lag are not known.\n", "yellow"))
    if logs.missing:
        parts.append(Text(f"Kafka does not know {', '.join(map(terminal.escaped, logs.missing))}.\n", "bold red"))
    parts += _clock(account)
    if not account.partitions and not accounting.unread(account, logs):
        return Group(*parts, Text("No partition has been read yet."))
    parts += [_progress(account, logs), Text(), _outcomes(account), Text()]
    return Group(*parts, *_held_back(account, logs), *_open(account), *_verdict(account))


def _halt(row: PartitionAccount, account: DatabaseAccount) -> Panel:
    cause = HaltCause.of(str(row.halted))
    text = Text.assemble(
        terminal.printable(str(row.halted_detail)),
        f"\nhalted at {terminal.instant(row.halted_at)}, offset {row.next_offset:,}\n\n{cause.meaning}\n",
        (_command(row, account), "bold"),
    )
    title = Text(f"{terminal.escaped(row.topic)}/{row.number} is halted: {cause.value}", "bold red")
    return Panel(text, title=title, title_align="left", border_style="red")


def _command(row: PartitionAccount, account: DatabaseAccount) -> str:
    """The command to run once the cause is fixed."""
    where = f"{terminal.escaped(row.topic)} {row.number}"
    if row.halted == HaltCause.DAMAGED_LOG:
        return (
            f"repaired: audit-consumer resume {where} --reason …\n"
            f"cannot be repaired: audit-consumer gaps state {where} --to-offset … --reason …"
        )
    # The claim after a restart ends this halt, and no `resume` before it can.
    if row.halted == HaltCause.REGISTRY_UNSET:
        return "stop the consumer, then: audit-consumer run"
    if row.halted != HaltCause.GAP:
        return f"audit-consumer resume {where} --reason …"
    ids = [str(gap.id) for gap in account.gaps if (gap.topic, gap.number) == (row.topic, row.number)]
    return f"audit-consumer gaps accept {' '.join(ids)} --reason …"


def _progress(account: DatabaseAccount, logs: LogBounds) -> Table:
    table = terminal.table(
        "partition",
        "next",
        "end",
        "lag",
        "complete through",
        right=["next", "end", "lag"],
        fold=["partition", "complete through"],
    )
    for row in account.partitions:
        bounds, behind = logs.bounds.get(row.partition), accounting.lag(row, logs)
        name = _name(row)
        if row.halted and row.retired_at is None:
            name.append("\nhalted", "bold red")
        end = terminal.NONE if bounds is None else f"{bounds.high:,}"
        lag = Text(terminal.number(behind), "yellow" if behind else "")
        table.add_row(name, f"{row.next_offset:,}", end, lag, terminal.instant(row.shown_complete_through))
    for partition, bounds in accounting.unread(account, logs).items():
        name = terminal.printable(f"{partition.topic}/{partition.number}").append("\nnot read yet", "yellow")
        table.add_row(name, terminal.NONE, f"{bounds.high:,}", terminal.number(bounds.high - bounds.low), terminal.NONE)
    return table


def _outcomes(account: DatabaseAccount) -> Group:
    """A column for each outcome that occurs; the others are named below."""
    sums = {name: sum(getattr(row, name) for row in account.partitions) for name in COUNTS}
    shown = [name for name, total in sums.items() if total]
    headings = [COUNTS[name] for name in shown]
    table = terminal.table("partition", *headings, "", right=headings, fold=["partition"])
    for row in account.partitions:
        mark = Text("✗", "bold red") if accounting.findings(row) else Text("✓", "green")
        table.add_row(_name(row), *(terminal.number(getattr(row, name)) for name in shown), mark)
    if len(account.partitions) > 1:
        table.add_section()
        table.add_row(Text("total", "bold"), *(terminal.number(sums[name]) for name in shown), "")
    absent = ", ".join(heading for name, heading in COUNTS.items() if not sums[name])
    return Group(table, Text(f"none: {absent}", "dim") if absent else Text())


def _clock(account: DatabaseAccount) -> list[Text]:
    seconds, words = account.clock_ahead, []
    if abs(seconds) > MAX_CLOCK_SECONDS:
        words.append(
            f"This machine's clock is {abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} the database's.\n"
        )
    if ahead := [
        terminal.escaped(f"{row.topic}/{row.number}") for row in account.partitions if row.complete_through_ahead
    ]:
        words.append(
            f"The database's clock has gone back: what {', '.join(ahead)} had as complete through is yet to come, and not shown.\n"
        )
    return [Text(line, "bold yellow") for line in words]


def _held_back(account: DatabaseAccount, logs: LogBounds) -> list[Text]:
    """Partitions whose last records wait for a producer's transaction to end."""
    lines = []
    for row in account.partitions:
        offset = accounting.held_back(row.partition, logs)
        if offset is not None and row.retired_at is None:
            name = terminal.escaped(f"{row.topic}/{row.number}")
            lines.append(
                Text(
                    f"{name}: an open transaction of a producer begins at offset {offset:,}; what follows is delivered "
                    f"when it ends (all up to {terminal.instant(row.shown_complete_through)} is recorded)",
                    "yellow",
                )
            )
    return lines


def _open(account: DatabaseAccount) -> list[Text]:
    """What waits for a person."""
    lines = []
    if account.parked:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in account.parked.items())
        lines.append(Text(f"Parked, to be decided: {reasons} (`audit-consumer parked list`)", "yellow"))
    if account.gaps:
        ids = ", ".join(str(gap.id) for gap in account.gaps)
        lines.append(Text(f"Gaps, to be accepted: {ids} (`audit-consumer gaps list`)", "yellow"))
    if conflicts := sum(row.conflict_rows for row in account.partitions):
        lines.append(Text(f"Conflicts: {conflicts:,} (table conflicting_event)", "yellow"))
    return lines


def _verdict(account: DatabaseAccount) -> list[Text]:
    findings = [
        f"{row.topic}/{row.number}: {words}" for row in account.partitions for words in accounting.findings(row)
    ]
    findings += accounting.entry_findings(account)
    lines = [Text(f"✗ {terminal.escaped(words)}", "bold red") for words in findings]
    if findings:
        return [
            *lines,
            Text("The accounting does not balance: keep the database as it is and call the developers.", "bold red"),
        ]
    resolved = sum(row.parked_resolved for row in account.partitions)
    words = "✓ The accounting balances: every offset that was passed has its outcome, and the rows are there"
    if account.entries is not None:
        words += f"; {sum(account.entries.values()):,} entries counted"
    return [Text(words + (f"; {resolved:,} of the parked are resolved." if resolved else "."), "green")]


def _name(row: PartitionAccount) -> Text:
    name = terminal.printable(f"{row.topic}/{row.number}")
    return name if row.retired_at is None else name.append(f"\nretired {row.retired_at:%Y-%m-%d}", "dim")
