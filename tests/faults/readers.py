"""Readers that are asked for a page all the while, and must agree at the end."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import httpx

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
        self.totals: list[int] = []

    def ask(self) -> None:
        """For the newest page of one workspace; notes what is answered, 0 where nothing is."""
        try:
            answer = self.get(LIST, ADMIN._replace(workspace_id=f"{WORKSPACE}0"))
        except httpx.TransportError:
            self.statuses[0] += 1
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.totals.append(answer.json()["total"])

    def check(self, recorded: Mapping[tuple[str, str, str], int]) -> None:
        """It shows as many entries of each workspace as were recorded, and never showed fewer than before."""
        assert self.totals == sorted(self.totals), f"entries vanish: {self.totals}"
        planned = Counter[str]()
        for (workspace, _, _), count in recorded.items():
            planned[workspace] += count
        shown = {name: self.get(LIST, ADMIN._replace(workspace_id=name)).json()["total"] for name in planned}
        assert shown == planned, f"{self.host} shows {shown}, recorded are {planned}"


@contextmanager
def asked(readers: Sequence[Reader]) -> Iterator[None]:
    """Each is asked again and again while the block lasts."""
    enough = threading.Event()

    def ask(reader: Reader) -> None:
        while not enough.wait(EVERY):
            reader.ask()

    threads = [threading.Thread(target=ask, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()
