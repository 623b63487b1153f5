"""Places for work of workspaces: nobody waits behind all that another has asked for, and no place is ever lost."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.fair_slots import FairSlots, ThreadSlots


def test_who_has_the_least_in_progress_is_next() -> None:
    """Also if another one has waited for longer."""
    slots = FairSlots[str](places=4, share=3, max_waiting=10)
    assert all(slots.begin(name) for name in ("busy", "busy", "other", "third"))
    assert slots.wait("busy", "its third") is None
    assert slots.wait("other", "its second") is None

    assert slots.end("third") == "its second"


def test_who_comes_late_is_next() -> None:
    """One workspace has asked for ten things before another asks for two: it waits for what is in progress, and for every second one."""
    slots: FairSlots[str] = FairSlots(1, 1, 100)
    assert slots.begin("a")
    for number in range(10):
        slots.wait("a", f"a{number}")
    for number in range(2):
        slots.wait("b", f"b{number}")
    order = []
    running = "a"
    while ticket := slots.end(running):
        order.append(ticket)
        running = ticket[0]

    assert order[:5] == ["b0", "a0", "b1", "a1", "a2"]
    assert (len(order), slots.running, slots.waiting) == (12, 0, 0)


def test_a_share_is_left_for_others() -> None:
    """However much one workspace asks for, a place stays free; what waits for its share goes on when some of it has ended."""
    slots: FairSlots[str] = FairSlots(3, 2, 100)
    assert [slots.begin("a") for _ in range(3)] == [True, True, False]
    slots.wait("a", "a2")
    assert slots.begin("b")
    assert slots.end("b") is None
    assert slots.end("a") == "a2"


def test_too_many_tickets_are_those_of_whoever_has_the_most() -> None:
    """The newest of them goes, so others find room."""
    slots: FairSlots[str] = FairSlots(1, 1, 4)
    assert slots.begin("a")
    assert [slots.wait("a", f"a{number}") for number in range(5)] == [None, None, None, None, "a4"]
    assert slots.wait("b", "b0") == "a3"
    assert slots.wait("b", "b1") == "a2"
    assert slots.wait("b", "b2") == "b2", "as many as the other has"
    assert slots.waiting == 4


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("ask", "end", "give up"))), max_size=60))
def test_no_place_is_lost(steps: list[tuple[str, str]]) -> None:
    """Whatever happens: never too many, never a free place that someone may have and waits for, and in the end nothing is left."""
    slots: FairSlots[tuple[str, int]] = FairSlots(3, 2, 5)
    running, waiting = Counter[str](), dict[tuple[str, int], None]()
    for number, (workspace, step) in enumerate(steps):
        if step == "ask":
            if slots.begin(workspace):
                running[workspace] += 1
            else:
                waiting[workspace, number] = None
                waiting.pop(slots.wait(workspace, (workspace, number)), None)  # type: ignore[arg-type]
        elif step == "give up":
            mine = next((ticket for ticket in waiting if ticket[0] == workspace), None)
            assert slots.give_up(workspace, mine or (workspace, -1)) is (mine is not None)
            waiting.pop(mine, None)  # type: ignore[arg-type]
        elif running[workspace]:
            running[workspace] -= 1
            if ticket := slots.end(workspace):
                del waiting[ticket]
                running[ticket[0]] += 1
        assert (slots.running, slots.waiting) == (running.total(), len(waiting))
        assert running.total() <= 3
        assert max(running.values(), default=0) <= 2
        assert len(waiting) <= 5
        assert running.total() == 3 or all(running[name] == 2 for name, _ in waiting)


def test_threads_wait_for_a_place_and_give_up() -> None:
    """Whoever waits too long is refused and holds no place; the others have theirs one after the other."""
    slots, going_on, order = ThreadSlots(1, 1), threading.Event(), list[str]()

    def hold(workspace: str) -> None:
        with slots.place(workspace, 30, TimeoutError()):
            order.append(workspace)
            assert going_on.wait(30)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(hold, "a")
        while not order:
            first.running()
        with pytest.raises(TimeoutError), slots.place("b", 0.01, TimeoutError()):
            pass
        others = [pool.submit(hold, workspace) for workspace in ("a", "b")]
        going_on.set()
        for future in (first, *others):
            future.result()
    assert sorted(order) == ["a", "a", "b"]
    assert slots.running == 0
