"""A list is loaded once, and a load that takes long does not hold up the lists that are in memory."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reader.model import Selection
from reader.query.database import Database, Statement
from reader.query.index_store import IndexStore
from reader.query.key_index import Key, pack
from reader.query.list_queries import ListQuery
from reader.query.position import FutureSnapshot
from reader.query.single_flight import LOADING_SHARE, MAX_LOADING, MAX_WAITING, WAITING_SHARE
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView
from reader.query.unavailable import Unavailable
from reader.query.window import Window
from sandbox.services.process import wait_until

FIRST_PAGE = Window(since=None, before=None, offset=0, limit=50)
NOW = TransactionView(datetime(2026, 11, 1, tzinfo=UTC), "5:5:", None)


class FakeDatabase:
    """Lists of one entry each. A load waits while `answering` is not set; one of a failing database raises."""

    def __init__(self) -> None:
        self.answering = threading.Event()
        self.answering.set()
        self.failing = False
        self.loads = 0
        self._lock = threading.Lock()

    @contextmanager
    def workspace(self, _workspace_id: str) -> Iterator[Any]:
        with self._lock:
            self.loads += 1
        assert self.answering.wait(30)
        if self.failing:
            raise Unavailable
        answer = SimpleNamespace(fetchone=lambda: (pack([(0, 1)]),))
        session = SimpleNamespace(execute=lambda *_, **__: answer, retire=lambda: None)
        yield SimpleNamespace(connection=session, view=NOW)

    def ask(self, _workspace_id: str, *statements: Statement) -> tuple[TransactionView, list[list[tuple[object, ...]]]]:
        nothing: list[Key] = []
        return NOW, [[(pack(nothing), True)] if "low" in statement.values else [] for statement in statements]


@pytest.fixture
def database() -> Iterator[FakeDatabase]:
    """It answers in the end, so that no thread stays behind."""
    fake = FakeDatabase()
    yield fake
    fake.answering.set()


@pytest.fixture
def store(database: FakeDatabase) -> IndexStore:
    return IndexStore(cast("Database", database))


def ask(store: IndexStore, number: int, workspace: int = 1) -> int:
    """Asks for the list of one actor; how many entries it has."""
    list_query = ListQuery(f"org_{workspace}", Selection(actor=f"user_{number}"))
    return store.current(list_query, FIRST_PAGE, may_wait=True).index.total


def test_a_list_is_loaded_once_however_many_ask(store: IndexStore, database: FakeDatabase) -> None:
    """One thread loads it, the others wait for what it finds."""
    database.answering.clear()
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(ask, store, 1) for _ in range(WAITING_SHARE)]
        assert wait_until(lambda: store._loads.waiting == WAITING_SHARE, 10)
        database.answering.set()

    assert [answer.result() for answer in answers] == [1] * WAITING_SHARE
    assert (database.loads, store.builds) == (1, 1)


def test_threads_that_wait_leave_the_others_alone(store: IndexStore, database: FakeDatabase) -> None:
    """With MAX_WAITING threads waiting, one more list is refused soon, and a list in memory is answered."""
    ask(store, 0, MAX_WAITING)
    database.answering.clear()
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(ask, store, number, number // WAITING_SHARE) for number in range(MAX_WAITING)]
        assert wait_until(lambda: database.loads == 1 + MAX_LOADING, 10)
        assert wait_until(lambda: store._loads.waiting == MAX_WAITING, 10)

        with pytest.raises(Unavailable):
            ask(store, 1, MAX_WAITING)
        assert ask(store, 0, MAX_WAITING) == 1
        database.answering.set()

    assert [answer.result() for answer in answers] == [1] * MAX_WAITING
    assert ask(store, 1, MAX_WAITING) == 1


def test_a_workspace_has_its_share_of_loads(store: IndexStore, database: FakeDatabase) -> None:
    """Its lists are loaded one after the other, and it has no more threads that wait; another workspace's begin at once."""
    database.answering.clear()
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(ask, store, number) for number in range(WAITING_SHARE)]
        assert wait_until(lambda: store._loads.waiting == WAITING_SHARE, 10)
        with pytest.raises(Unavailable):
            ask(store, WAITING_SHARE)
        assert database.loads == LOADING_SHARE
        answers.append(pool.submit(ask, store, 0, 2))
        assert wait_until(lambda: database.loads == LOADING_SHARE + 1, 10)
        database.answering.set()

    assert [answer.result() for answer in answers] == [1] * (WAITING_SHARE + 1)


def test_a_failed_load_leaves_nothing(store: IndexStore, database: FakeDatabase) -> None:
    """The next request loads again, and no place among those who wait is lost."""
    database.failing = True
    for _ in range(MAX_WAITING + 1):
        with pytest.raises(Unavailable):
            ask(store, 1)
    database.failing = False

    assert ask(store, 1) == 1
    assert (store._loads.waiting, store._loads._flights, store.builds) == (0, {}, 1)


def test_a_crowd_before_a_short_list_is_served(store: IndexStore, database: FakeDatabase) -> None:
    """Many at once, as after a restart: whoever is not admitted waits a moment, and the list is loaded once."""
    with ThreadPoolExecutor(3 * MAX_WAITING) as pool:
        assert set(pool.map(lambda _: ask(store, 1), range(3 * MAX_WAITING))) == {1}
    assert (database.loads, store._loads.waiting) == (1, 0)


@pytest.mark.parametrize("pg_snapshot", ["5:6:", "6:6:"])
def test_a_snapshot_of_the_future_is_refused(store: IndexStore, pg_snapshot: str) -> None:
    """Entries that are recorded later would appear in it."""
    with pytest.raises(FutureSnapshot):
        store.at(Snapshot.from_postgres(NOW.time, pg_snapshot), ListQuery("org_1", Selection()), may_wait=True)
