"""What `cells check` prints: each database, the partitions that are not as they must be, and the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from consumer.operator.cells import CellDatabase, CellState, PartitionKey, PartitionVerdict
from runtime import terminal

MEANINGS = {
    CellState.EXACT: "each offset was taken by exactly one cell",
    CellState.REREAD: "rewound in a cell: offsets compared, records not",
    CellState.UNEVEN: "the cells are at different offsets",
    CellState.FAULTY: "not exactly one cell",
}


def view(
    databases: Sequence[CellDatabase], verdicts: Mapping[PartitionKey, PartitionVerdict], faults: Sequence[str]
) -> Group:
    """The answer for people."""
    parts: list[Any] = [_databases(databases, verdicts), Text()]
    wrong = {key: verdict for key, verdict in verdicts.items() if verdict.state is not CellState.EXACT}
    if wrong:
        parts += [_partitions(wrong), Text()]
    parts += [Text(fault, "bold red") for fault in faults]
    exact = len(verdicts) - len(wrong)
    parts.append(
        Text(f"{exact} of {len(verdicts)} partitions: {MEANINGS[CellState.EXACT]}", "red" if wrong else "green")
    )
    return Group(*parts)


def data(
    databases: Sequence[CellDatabase], verdicts: Mapping[PartitionKey, PartitionVerdict], faults: Sequence[str]
) -> dict[str, Any]:
    """The answer for machines."""
    return {
        "cells": [str(database.cell) for database in databases],
        "keys": list(faults),
        "partitions": [
            {
                "topic": topic,
                "topic_id": topic_id,
                "partition": number,
                "state": verdict.state.value,
                "next_offsets": list(verdict.next_offsets),
                "taken": list(verdict.own),
                "findings": list(verdict.findings),
            }
            for (topic, topic_id, number), verdict in verdicts.items()
        ],
    }


def _databases(databases: Sequence[CellDatabase], verdicts: Mapping[PartitionKey, PartitionVerdict]) -> Table:
    table = terminal.table(
        "database", "cell", "partitions", "records taken as this cell", right=["database", "partitions"]
    )
    for number, database in enumerate(databases):
        taken = sum(verdict.own[number] or 0 for verdict in verdicts.values())
        table.add_row(
            str(number + 1), str(database.cell), terminal.number(len(database.readings)), terminal.number(taken)
        )
    return table


def _partitions(verdicts: Mapping[PartitionKey, PartitionVerdict]) -> Table:
    table = terminal.table("partition", "next offsets", "state", fold=["partition", "next offsets", "state"])
    for (topic, _, number), verdict in verdicts.items():
        offsets = ", ".join(map(terminal.number, verdict.next_offsets))
        state = "\n".join([MEANINGS[verdict.state], *verdict.findings])
        table.add_row(terminal.escaped(f"{topic}/{number}"), offsets, Text(state))
    return table
