"""A list that cannot be loaded behind a page costs no later one its place."""

import threading
from typing import Any

import pytest

from reader.model import Selection
from reader.query.background_loads import MAX_BACKGROUND, BackgroundLoads, Wanted
from reader.query.list_queries import ListQuery
from runtime import threads
from sandbox.services.process import wait_until


def wanted(workspace_id: str, subject: str = "x") -> Wanted:
    """A list of a workspace, as it is now."""
    return Wanted(ListQuery(workspace_id, Selection(subject=subject)), None)


def refuse(*_: Any) -> None:
    """What Python raises where the system has no more threads."""
    raise RuntimeError("can't start new thread")


def test_a_thread_that_cannot_be_started_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request goes on, and the next one begins the same list again, however often that was in vain."""
    loaded = threading.Event()
    loads = BackgroundLoads(lambda *_: loaded.set())
    with monkeypatch.context() as full:
        full.setattr(threads, "spawn", refuse)
        for number in range(2 * MAX_BACKGROUND):
            for _ in range(2):
                loads.begin(wanted(f"org_{number}"))
                assert not loads.is_begun(wanted(f"org_{number}"))
    loads.begin(wanted("org_1"))
    assert loaded.wait(10)
    assert wait_until(lambda: not loads.is_begun(wanted("org_1")), 10)


def test_lists_that_wait_are_not_lost_with_their_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the turn of a list comes and no thread can be started, it is let go, and so are all others; later ones are loaded."""
    going_on, loaded = threading.Event(), list[str | None]()

    def load(list_query: ListQuery, _snapshot: object) -> None:
        assert going_on.wait(10)
        loaded.append(list_query.selection.subject)

    loads, waiting = BackgroundLoads(load), [wanted("org_1", str(number)) for number in range(5)]
    with monkeypatch.context() as full:
        for asked in waiting:
            loads.begin(asked)
        full.setattr(threads, "spawn", refuse)
        going_on.set()
        assert wait_until(lambda: not any(map(loads.is_begun, waiting)), 10)
    assert loaded == ["0"]

    for asked in waiting:
        loads.begin(asked)
    assert wait_until(lambda: len(loaded) == 6, 10)
