"""How the server begins: what is in memory by then is never searched for garbage again."""

import gc
import signal
import sys
from unittest.mock import Mock

import pytest

from reader import serve


def test_what_is_there_at_the_start_is_not_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection of the oldest generation stops all requests, for as long as it has objects to look at."""
    at_work: list[int] = []
    monkeypatch.setattr(serve, "server", lambda *_: Mock(run=lambda: at_work.append(len(gc.get_objects()))))
    monkeypatch.setattr(signal, "signal", Mock())
    monkeypatch.setattr(sys, "setswitchinterval", Mock())
    before = len(gc.get_objects())
    try:
        assert serve.listen(Mock(), ("127.0.0.1", 0)) == 0
    finally:
        gc.unfreeze()
    assert at_work[0] < before / 10
