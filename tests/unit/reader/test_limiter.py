"""At most so many requests run at a time, in the order in which they came, and no place is ever lost."""

import threading
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

import reader.http.limiter
from reader.http.limiter import MAX_RUNNING, Overloaded, RequestLimiter
from reader.query.background_loads import MAX_BEHIND
from reader.query.database import POOL_SIZE
from reader.query.single_flight import MAX_WAITING


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs the story in an event loop of its own."""
    anyio.run(scenario)


@pytest.mark.parametrize("size", [1, 3])
def test_no_more_than_so_many_at_a_time_and_first_come_first_served(size: int) -> None:
    """Fifty requests: all are answered, never more run than may, and one by one they run as they came."""
    limiter, lock, running, peak, order = RequestLimiter(size), threading.Lock(), 0, 0, []

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
            answers.append(await limiter.wrap(work)(number))

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
    limiter, going_on = RequestLimiter(1, max_waiting=2), threading.Event()

    def work() -> None:
        assert going_on.wait(30)

    async def scenario() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(limiter.wrap(work))
            while not limiter.running:
                await anyio.lowlevel.checkpoint()
            with pytest.raises(Overloaded):
                await limiter.wrap(work)()
            assert limiter.waiting == 0
            monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 30.0)
            async with anyio.create_task_group() as crowd:
                for _ in range(2):
                    crowd.start_soon(limiter.wrap(work))
                while limiter.waiting < 2:
                    await anyio.lowlevel.checkpoint()
                with pytest.raises(Overloaded):
                    await limiter.wrap(work)()
                crowd.cancel_scope.cancel()
            assert limiter.waiting == 0
            going_on.set()
        await limiter.wrap(work)()

    run(scenario)
    assert (limiter.waiting, limiter.running) == (0, 0)


def test_an_error_frees_its_place() -> None:
    """However often an endpoint fails, the next request runs."""
    limiter = RequestLimiter(1)

    def fails() -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await limiter.wrap(fails)()

    run(scenario)
    assert limiter.running == 0


def test_nothing_waits_for_a_session_that_another_kind_of_work_has() -> None:
    """Every turn, a large response, the lists that are read behind pages, and a probe, all at once."""
    assert MAX_RUNNING + 1 + MAX_BEHIND + 1 == POOL_SIZE
    assert MAX_WAITING < MAX_RUNNING
