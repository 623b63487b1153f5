"""A loop that turns is alive, one that has not begun is not ready, and one that is stuck is neither."""

import asyncio

import pytest

import reader.http.heartbeat
from reader.http.heartbeat import Heartbeat


def test_a_heart_that_stops_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the reader starts it is alive and not ready; a beat makes it ready, and the next one makes up for a pause."""
    heartbeat = Heartbeat()
    assert (heartbeat.alive(), heartbeat.ready()) == (True, False)
    asyncio.run(heartbeat.beat())
    assert (heartbeat.alive(), heartbeat.ready()) == (True, True)
    with monkeypatch.context() as later:
        later.setattr(reader.http.heartbeat, "STUCK_SECONDS", 0.0)
        assert (heartbeat.alive(), heartbeat.ready()) == (False, False)
    asyncio.run(heartbeat.beat())
    assert (heartbeat.alive(), heartbeat.ready()) == (True, True)


def test_a_reader_that_never_begins_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its start is waited for as long as a turn of the loop."""
    heartbeat = Heartbeat()
    monkeypatch.setattr(reader.http.heartbeat, "STUCK_SECONDS", 0.0)
    assert not heartbeat.alive()
