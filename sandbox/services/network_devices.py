"""Network devices come and go only while no one needs them to stay: a browser ends its requests when one does."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(tempfile.gettempdir())


@contextmanager
def unchanged() -> Iterator[None]:
    """While the block lasts no process of the sandbox makes or removes a device; it waits for one that does."""
    with _locked("queue", fcntl.LOCK_EX):
        pass
    with _locked("devices", fcntl.LOCK_SH):
        yield


@contextmanager
def changing() -> Iterator[None]:
    """For who makes or removes a device: waits until every block of `unchanged` that has begun is left, and no other begins."""
    with _locked("queue", fcntl.LOCK_EX), _locked("devices", fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(name: str, kind: int) -> Iterator[None]:
    with (FOLDER / f"callmine-sandbox-network-{name}.lock").open("a") as lock:
        fcntl.flock(lock, kind)
        yield
