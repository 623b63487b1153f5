"""What a peer is told through the environment, and the one JSON object that it prints."""

import json
import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from sandbox.bench import first_record

# The size of a batch and how long one may grow: as the libraries' examples have it, and the same for all.
BATCH_RECORDS, BATCH_SECONDS = 5_000, 1.0


class Task(NamedTuple):
    """Where to read and write; `columns` are those of a row, in the order of a record's values. The group is new for each run."""

    bootstrap: str
    group: str
    topic: str
    partitions: int
    records: int
    database: str
    columns: Sequence[str]

    @property
    def names(self) -> str:
        """The columns as SQL names them."""
        return ", ".join(self.columns)

    @property
    def insert(self) -> str:
        """The statement of a row, which skips what is there already: a record may come twice."""
        places = ", ".join(["%s"] * len(self.columns))
        return f"INSERT INTO audit_event ({self.names}) VALUES ({places}) ON CONFLICT DO NOTHING"

    def insert_of(self, rows: int) -> str:
        """One statement of so many rows, which skips the same, with PostgreSQL's numbered placeholders."""
        width = len(self.columns)
        places = (", ".join(f"${row * width + column + 1}" for column in range(width)) for row in range(rows))
        return f"INSERT INTO audit_event ({self.names}) VALUES ({'), ('.join(places)}) ON CONFLICT DO NOTHING"


def task() -> Task:
    """What the benchmark has given."""
    return Task(**json.loads(os.environ["PEER_TASK"]))


class RecordStopwatch:
    """From the first record to the last commit."""

    def __init__(self) -> None:
        self.began = 0.0
        self.records = 0

    def read(self) -> None:
        """A record was polled; called for the first one, or for more."""
        if not self.began:
            self.began = time.perf_counter()
            print(first_record.LINE, flush=True)

    def wrote(self, records: int) -> None:
        """So many were committed."""
        self.records += records

    def say(self) -> None:
        """Prints what was measured."""
        print(json.dumps({"records": self.records, "seconds": time.perf_counter() - self.began}), flush=True)
