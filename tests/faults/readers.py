"""Readers that are asked for a page all the while, and must agree at the end."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx

from sandbox.services.issuer import Person
from sandbox.services.machine import Machine
from tests.builders import WORKSPACE
from tests.integration.reader.program import Program
from tests.integration.reader.site import ADMIN

EVERY = 0.2  # seconds
LIST = "/v1/audit-events"


class Reader(Program):
    """`audit-reader serve` on a machine from which no issuer can be asked; it has the issuer's key."""

    def __init__(self, database_url: str, on: Machine) -> None:
        super().__init__(database_url, on=on, AUDIT_READER_HOSTS=on.address)
        del self.environ["CLERK_JWKS_URL"]
        self.environ["CLERK_JWT_KEY"] = self.issuer.pem
        self.statuses = Counter[int]()
        self.kinds = Counter[str]()
        self.totals: list[int] = []
        self.longest = 0.0
        self._shown = 0.0
        self._lock = threading.Lock()

    def ask(self) -> None:
        """For the newest page of one workspace; notes what is answered: `statuses`, 0 where nothing is, and `kinds` of problems.

        `longest` is how many seconds it was asked on end without showing the page.
        """
        with self._lock:
            try:
                answer = self.get(LIST, admin(f"{WORKSPACE}0"))
            except httpx.TransportError:
                self.statuses[0] += 1
                return
            self.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                self.totals.append(answer.json()["total"])
                now = time.monotonic()
                self.longest, self._shown = max(self.longest, now - (self._shown or now)), now
            else:
                self.kinds[answer.json()["type"]] += 1

    @property
    def running(self) -> int:
        """Its process id; 0 while it is restarted, and after its end."""
        return self._server.pid or 0

    def begin(self) -> None:
        """Forgets what was answered."""
        with self._lock:
            self.statuses.clear()
            self.kinds.clear()
            self.longest, self._shown = 0.0, time.monotonic()

    def lost(self) -> None:
        """The database has lost entries that were shown."""
        with self._lock:
            self.totals.clear()

    def restart(self, database_url: str = "") -> None:
        """Asks it to end, and starts it, perhaps with another login; nobody asks meanwhile."""
        with self._lock:
            code = self.stop()
            assert code == 0, f"asked to end, the reader exits with {code}\n{self.log[-3000:]}"
            self.environ["DATABASE_URL"] = database_url or self.environ["DATABASE_URL"]
            self.start()
            self._shown = 0.0

    def whole(self, workspace_id: str) -> list[int]:
        """The ids of all entries of a workspace, page by page to the end."""
        ids: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(f"{LIST}?limit=200{cursor and f'&cursor={cursor}'}", admin(workspace_id)).json()
            ids += [int(entry["id"]) for entry in page["data"]]
            cursor = page["next_cursor"]
        return ids

    def check(self, recorded: Mapping[tuple[str, str, str], int]) -> None:
        """It shows as many entries of each workspace as were recorded, and never showed fewer than before."""
        assert self.totals == sorted(self.totals), f"entries vanish: {self.totals}"
        planned = Counter[str]()
        for (workspace, _, _), count in recorded.items():
            planned[workspace] += count
        shown = {name: self.get(LIST, admin(name)).json()["total"] for name in planned}
        assert shown == planned, f"{self.host} shows {shown}, recorded are {planned}"


def admin(workspace_id: str) -> Person:
    """Someone who may read this workspace."""
    return ADMIN._replace(workspace_id=workspace_id)


@contextmanager
def asked(*ask: Callable[[], None]) -> Iterator[None]:
    """Each is done again and again while the block lasts."""
    enough = threading.Event()

    def again(ask: Callable[[], None]) -> None:
        while not enough.wait(EVERY):
            ask()

    threads = [threading.Thread(target=again, args=(question,)) for question in ask]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()
