"""What the sessions of a database wait for, sampled."""

import threading
from collections import Counter
from typing import NamedTuple, Self

import psycopg

SECONDS = 0.01
SAMPLE = b"""
SELECT wait_event_type, wait_event FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
"""
# The server waits for the consumer, inside a COPY.
CONSUMER = "Client"


class Wait(NamedTuple):
    """What `pg_stat_activity` names; both None where a session works."""

    kind: str | None
    event: str | None


class Waits:
    """Counts, while a `with` lasts, what each session of the database at `url` that is executing a statement waits for."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.counts: Counter[Wait] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stop.wait(SECONDS):
                self.counts.update(Wait(*row) for row in connection.execute(SAMPLE))


def shares(counts: Counter[Wait]) -> dict[str, float]:
    """Of the server's own time in statements, the share of each kind of wait; each event of a lock by itself."""
    own = Counter({wait: count for wait, count in counts.items() if wait.kind != CONSUMER})
    named: Counter[str] = Counter()
    for (kind, event), count in own.items():
        if kind is not None:
            named[f"lock on {event}" if kind == "Lock" else kind] += count
    return {name: count / own.total() for name, count in named.most_common()}
