"""At most so many requests run at a time, in the order in which they came, and no place is ever lost."""

import threading
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

import reader.http.limiter
from reader.http.limiter import MAX_RUNNING, MAX_SHARE, Overloaded, RequestLimiter
from reader.query.background_loads import MAX_BACKGROUND
from reader.query.database import POOL_SIZE
from reader.query.single_flight import MAX_WAITING, WAITING_SHARE


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs the scenario in an event loop of its own."""
    anyio.run(scenario)


@pytest.mark.parametrize("size", [1, 3])
def test_no_more_than_so_many_at_a_time_and_first_come_first_served(size: int) -> None:
    """Fifty requests: all are answered, never more run than may, and one by one they run as they came."""
    limiter, lock, running, peak, order = RequestLimiter(size, size), threading.Lock(), 0, 0, []

    def work(number: int) -> int:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
            order.append(number)
        with lock:
            running -= 1
        return number

    async def scenario() -> None:
        answers: list[int] = []

        async def ask(number: int) -> None:
            answers.append(await limiter.run("org_1", work, number))

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(ask, number)
        assert sorted(answers) == list(range(50))

    run(scenario)
    assert peak <= size
    assert size > 1 or order == list(range(50))  # threads that run at the same time may overtake each other
    assert (limiter.waiting, limiter.running) == (0, 0)


def test_a_request_that_waits_too_long_is_refused_and_holds_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overloaded after the wait, and at once when the queue is full; requests that give up or are canceled hold no place."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 0.05)
    limiter, going_on = RequestLimiter(1, 1, max_waiting=2), threading.Event()

    def work() -> None:
        assert going_on.wait(30)

    async def scenario() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(limiter.run, "org_1", work)
            while not limiter.running:
                await anyio.lowlevel.checkpoint()
            with pytest.raises(Overloaded):
                await limiter.run("org_1", work)
            assert limiter.waiting == 0
            monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 30.0)
            async with anyio.create_task_group() as crowd:
                for _ in range(2):
                    crowd.start_soon(limiter.run, "org_1", work)
                while limiter.waiting < 2:
                    await anyio.lowlevel.checkpoint()
                with pytest.raises(Overloaded):
                    await limiter.run("org_1", work)
                crowd.cancel_scope.cancel()
            assert limiter.waiting == 0
            going_on.set()
        await limiter.run("org_1", work)

    run(scenario)
    assert (limiter.waiting, limiter.running) == (0, 0)


def test_a_workspace_waits_behind_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One has more in progress and waiting than there is room for: another's request runs at once, and one that waits is next."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 30.0)
    limiter, going_on, order = RequestLimiter(3, 2, max_waiting=5), threading.Semaphore(0), list[str]()
    refused: list[str] = []

    def work(workspace_id: str) -> None:
        order.append(workspace_id)
        assert going_on.acquire(timeout=30)

    async def ask(workspace_id: str) -> None:
        try:
            await limiter.run(workspace_id, work, workspace_id)
        except Overloaded:
            refused.append(workspace_id)

    async def scenario() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(ask, "org_1")
            while not refused:
                await anyio.lowlevel.checkpoint()
            for _ in range(2):
                group.start_soon(ask, "org_2")
            while limiter.running < 3 or len(refused) < 2 or len(order) < 3:
                await anyio.lowlevel.checkpoint()
            going_on.release()
            while len(order) < 4:
                await anyio.lowlevel.checkpoint()
            going_on.release(7)

    run(scenario)
    assert order[:4].count("org_2") == 2, "the free place, and the next one"
    assert (len(order), refused) == (8, ["org_1"] * 2)
    assert (limiter.waiting, limiter.running) == (0, 0)


def test_an_error_frees_its_place() -> None:
    """However often an endpoint fails, the next request runs."""
    limiter = RequestLimiter(1, 1)

    def fails() -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await limiter.run("org_1", fails)

    run(scenario)
    assert limiter.running == 0


def test_nothing_waits_for_a_session_that_another_kind_of_work_has() -> None:
    """Every turn, a large response, the lists that are read behind pages, and a probe, all at once."""
    assert MAX_RUNNING + 1 + MAX_BACKGROUND + 1 == POOL_SIZE
    assert WAITING_SHARE < MAX_SHARE < MAX_RUNNING
    assert MAX_WAITING < MAX_RUNNING
