"""Which cell a database is, and whether all cells together have taken each offset exactly once (SPEC 8, decision 95).

A database remembers each partition's next offset at the moment when it became another cell. So its past is a list of eras, each with a
share of the keys, a range of offsets, and how many records it counted as its own. Databases that are copies of one have
the same first eras, which count once. What all eras together have must be every key of every offset, once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import sql
from catalog.cells import Cell, coverage_faults
from consumer.operator.actions import Refused, os_user
from consumer.partitions.cell import read_cell
from runtime.postgres import Connection, select, snapshot

LOCK = sql.query("operator/cell_lock")
SET = sql.query("operator/cell_set")
FENCE = sql.query("operator/cell_fence")
ERAS = sql.query("operator/cell_eras")
READ = sql.query("operator/cell_was_read")


class CellState(StrEnum):
    """What is known of one partition in all cells."""

    EXACT = "exact"
    REREAD = "read_again"
    UNEVEN = "uneven"
    FAULTY = "faulty"


@dataclass(frozen=True, kw_only=True)
class _EraEnd:
    """The counters of one partition when a cell's era ended; those of the last era are of now."""

    topic: str
    topic_id: str
    partition: int
    number: int
    cells: int
    next_offset: int
    reread: int
    other_cell: int
    undelivered: int
    gap: int

    @property
    def shared(self) -> int:
        """Offsets that no cell can have."""
        return self.undelivered + self.gap

    @property
    def own(self) -> int:
        """Records that were counted as the cell's own so far."""
        return self.next_offset + self.reread - self.other_cell - self.shared


@dataclass(frozen=True, kw_only=True)
class Era:
    """Offsets [start, end) of one partition in which a database was `cell`, and how many of them it took as its own."""

    cell: Cell
    start: int
    end: int
    own: int


@dataclass(frozen=True, kw_only=True)
class PartitionReading:
    """How far one database has read a partition, and in which eras; `own` is of the last.

    `shared` offsets are of no cell: gaps, and what Kafka does not deliver.
    """

    next_offset: int
    reread: int
    shared: int
    own: int
    eras: tuple[Era, ...]


PartitionKey = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class CellDatabase:
    """One database: which cell it is, and its reading of each partition, by topic, topic id and number."""

    cell: Cell
    readings: Mapping[PartitionKey, PartitionReading]


@dataclass(frozen=True, kw_only=True)
class PartitionVerdict:
    """What was found of one partition; `own` are the records of each database, in their order, in its current era."""

    state: CellState
    next_offsets: tuple[int | None, ...]
    own: tuple[int | None, ...]
    findings: tuple[str, ...]


def set_cell(connection: Connection, cell: Cell, reason: str) -> tuple[Cell, int]:
    """Makes the database `cell`, from each partition's next offset; gives the cell that it was, and how many partitions there are.

    Raises Refused where it would get keys that it has not read.
    """
    with connection.transaction():
        connection.execute(LOCK)
        before = read_cell(connection)
        row = connection.execute(READ).fetchone()
        assert row is not None
        if row[0] and not cell.within(before):
            raise Refused(
                f"this database is cell {before}, and has read records as such: it can become a part of it, such as "
                f"{before.halves[0]} or {before.halves[1]}, and never get keys that it has not read"
            )
        connection.execute(SET, {"number": cell.number, "cells": cell.of, "reason": reason, "os_user": os_user()})
        return before, connection.execute(FENCE).rowcount


def read_database(connection: Connection) -> CellDatabase:
    """What one database says, at one instant."""
    with snapshot(connection):
        cell, ends = read_cell(connection), select(connection, _EraEnd, ERAS)
    by_partition: dict[PartitionKey, list[_EraEnd]] = {}
    for end in ends:
        by_partition.setdefault((end.topic, end.topic_id, end.partition), []).append(end)
    return CellDatabase(cell=cell, readings={key: _reading(eras) for key, eras in by_partition.items()})


def compare(databases: Sequence[CellDatabase]) -> dict[PartitionKey, PartitionVerdict]:
    """A verdict on each partition that any of the databases has claimed."""
    keys = {key for database in databases for key in database.readings}
    return {key: _verdict([database.readings.get(key) for database in databases]) for key in sorted(keys)}


def _reading(ends: Sequence[_EraEnd]) -> PartitionReading:
    eras, before = [], (0, 0)
    for end in ends:
        reached = max(before[0], end.next_offset)  # a rewind goes back to what was taken before
        cell = Cell(end.number, end.cells)
        eras.append(Era(cell=cell, start=before[0], end=reached, own=end.own - before[1]))
        before = reached, end.own
    last = ends[-1]
    # An era without offsets says nothing: the database became another cell before it read anything of the partition.
    known = tuple(era for era in eras if era.end > era.start)
    return PartitionReading(
        next_offset=last.next_offset, reread=last.reread, shared=last.shared, own=eras[-1].own, eras=known
    )


def _verdict(readings: Sequence[PartitionReading | None]) -> PartitionVerdict:
    offsets = tuple(None if reading is None else reading.next_offset for reading in readings)
    own = tuple(None if reading is None else reading.own for reading in readings)
    known = [reading for reading in readings if reading is not None]
    if len(set(offsets)) > 1:
        return PartitionVerdict(state=CellState.UNEVEN, next_offsets=offsets, own=own, findings=())
    eras = {era for reading in known for era in reading.eras}
    reread = any(reading.reread for reading in known)
    findings = list(_coverage(eras))
    if len({reading.shared for reading in known}) > 1:
        findings.append("a gap, or what Kafka did not deliver, is not the same in all cells")
    passed, taken = known[0].next_offset - known[0].shared, sum(era.own for era in eras)
    if not (reread or findings) and taken != passed:
        findings.append(f"{passed} records passed, and {taken} taken by a cell")
    state = CellState.FAULTY if findings else CellState.REREAD if reread else CellState.EXACT
    return PartitionVerdict(state=state, next_offsets=offsets, own=own, findings=tuple(findings))


def _coverage(eras: Iterable[Era]) -> Iterable[str]:
    """Ranges of offsets of which some key was taken by no cell, or by two."""
    remaining = list(eras)
    bounds = sorted({bound for era in remaining for bound in (era.start, era.end)})
    for start, end in pairwise(bounds):
        # Two databases that were the same cell then are copies of one, so it counts once.
        for fault in coverage_faults(sorted({era.cell for era in remaining if era.start <= start and end <= era.end})):
            yield f"offsets {start} to {end}: {fault}"
