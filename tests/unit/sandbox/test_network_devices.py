"""While a browser is at work no network device comes or goes."""

import threading
from pathlib import Path

import pytest

from sandbox.services import network_devices
from sandbox.services.network_devices import changing, unchanged
from sandbox.services.process import wait_until


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_devices, "FOLDER", tmp_path)


class Other:
    """Enters a block in a thread of its own, and leaves it when told."""

    def __init__(self, block: object) -> None:
        self.is_in, self.enough = threading.Event(), threading.Event()
        self._block = block
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._block:  # type: ignore[attr-defined]
            self.is_in.set()
            self.enough.wait(30)

    def leave(self) -> None:
        self.enough.set()
        self._thread.join(30)


def test_a_change_waits_for_those_who_need_the_devices_and_keeps_others_back() -> None:
    with unchanged():
        second = Other(unchanged())
        assert second.is_in.wait(10)
        change = Other(changing())
        assert not change.is_in.wait(0.2)
        third = Other(unchanged())
        assert not third.is_in.wait(0.2)  # or a change might never come
        second.leave()
        assert not change.is_in.wait(0.2)
    assert change.is_in.wait(10)
    assert not third.is_in.is_set()
    change.leave()
    assert wait_until(third.is_in.is_set, 10)
    third.leave()
