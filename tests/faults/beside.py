"""A reader and a sealer beside the consumers, by the same address of the database: one is asked, the other seals, all the while.

Promised, whatever happens: each answer is right or a 503 of the documented kinds, no entry that was shown vanishes, the sealer
goes on by itself unless a person is needed; afterwards all entries are shown and sealed, and a check of them finds nothing.
"""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.services.machine import HERE
from tests.e2e.world import World
from tests.faults.readers import Reader, asked
from tests.faults.sealer import LIMIT, Sealer
from tests.faults.watch import MIB, resident
from tests.ops.prometheus import Prometheus

GROUPS = ("auditlog-reader", "auditlog-export")
MAX_MEMORY = 256  # MiB
UNAVAILABLE = {"/problems/unavailable", "/problems/query-timeout", "/problems/busy"}
IDS = "SELECT id FROM audit_event WHERE workspace_id = %(workspace_id)s"


class Beside:
    """`memory` is the most MiB that one of them had."""

    def __init__(self, reader: Reader, sealer: Sealer) -> None:
        self.reader, self.sealer = reader, sealer
        self.memory = 0
        self._statuses = Counter[int]()
        self._began = time.time()
        self._reads = itertools.count()

    def begin(self) -> None:
        """What is done from now on is told by `check`."""
        self._statuses += self.reader.statuses
        self.reader.begin()
        self._began = time.time()

    def restart(self, database_url: str = "") -> None:
        """Asks both to end in order, and starts them, perhaps with another login."""
        self.sealer.stop()
        self.start(database_url)

    def start(self, database_url: str = "") -> None:
        """The same where the sealer has ended."""
        self.sealer.database_url = database_url or self.sealer.database_url
        self.sealer.start()
        self.reader.restart(database_url)

    def accept_restore(self) -> None:
        """The database has fewer entries and seals than it had: the sealer has ended, and is told so, and started."""
        self.sealer.accept_restore()
        self.reader.lost()

    def check(self, world: World) -> str:
        """What was done since `begin`, in words; AssertionError where a promise is broken. All that is expected is in the tables.

        The list is read to its end for one workspace, each time the next one: for all, the number of entries is compared.
        """
        reader, shown = self.reader, self.reader.statuses[200]
        world.until(lambda: reader.statuses[200] > shown, "the reader shows a page", limit=LIMIT)
        assert reader.statuses.keys() <= {200, 503}, f"the reader answers {reader.statuses}"
        assert reader.kinds.keys() <= UNAVAILABLE, f"the reader says {reader.kinds}"
        said = f"reader {self._answers()}; {self._seals()}"
        reader.check(world.recorded)
        self._read(world)
        self.sealer.until_all_is_sealed(world)
        self.memory = max(self.memory, *(resident(process.pid) // MIB for process in (reader, self.sealer)))
        assert self.memory <= MAX_MEMORY, f"{self.memory} MiB of memory beside the consumers"
        return said

    def stop(self) -> None:
        """A check of all that was sealed finds nothing, and both end in order."""
        self.sealer.check()
        self.sealer.stop()
        code = self.reader.stop()
        assert code == 0, f"asked to end, the reader exits with {code}\n{self.reader.log[-3000:]}"

    def summary(self) -> str:
        """What was done in all, in words."""
        statuses = self._statuses + self.reader.statuses
        answers = ", ".join(f"{count:,} answers {status}" for status, count in sorted(statuses.items()))
        return f"{answers}, {len(self.sealer.times()):,} seals, at most {self.memory} MiB of memory"

    def sample(self) -> None:
        """Asks the reader once, and notes their memory."""
        self.reader.ask()
        self.memory = max(self.memory, *(resident(pid) // MIB for pid in (self.reader.running, self.sealer.pid)))

    def _read(self, world: World) -> None:
        names = sorted({workspace for (workspace, _, _), count in world.recorded.items() if count})
        if not names:
            return
        workspace = names[next(self._reads) % len(names)]
        stored = sorted(row["id"] for row in world.rows(IDS, workspace_id=workspace))
        assert sorted(self.reader.whole(workspace)) == stored, f"the list of {workspace} is not whole"

    def _answers(self) -> str:
        statuses = ", ".join(str(status) for status in sorted(self.reader.statuses))
        return (
            f"{statuses}, at most {self.reader.longest:.1f} s without a page"
            if 503 in self.reader.statuses
            else statuses
        )

    def _seals(self) -> str:
        times = [self._began, *(at for at in self.sealer.times() if at > self._began), time.time()]
        return f"sealer at most {max(late - early for early, late in itertools.pairwise(times)):.0f} s without a seal"


@contextmanager
def beside(database_url: str, folder: Path, prometheus: Prometheus) -> Iterator[Beside]:
    """Both at work until the block ends; Prometheus looks at them from its next list of targets on."""
    with Reader(database_url, HERE) as reader, Sealer(database_url, folder / "sealer") as sealer:
        running = Beside(reader, sealer)
        prometheus.beside = {f"127.0.0.1:{reader.metrics_port}": "reader", f"127.0.0.1:{sealer.port}": "sealer"}
        with asked(running.sample):
            yield running
