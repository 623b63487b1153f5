"""What a consumer opens is closed however it ends, in the reverse order; only an orderly run releases partitions."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from consumer import run
from consumer.kafka.rebalance import RebalanceCallbacks
from consumer.polling import loop
from consumer.polling.observer import Observer
from consumer.settings import Settings, load

OPENED = ["telemetry", "source", "registry", "watermark", "topic_watch", "assignment", "writer", "group_consumer"]


class Part:
    """Anything that is opened: notes that it was closed, and answers whatever else is asked of it with nothing."""

    def __init__(self, name: str, closed: list[str]) -> None:
        self._name, self._closed = name, closed
        self.halted: dict[object, object] = {}
        self.unclaimed: set[object] = set()
        self.active: dict[object, object] = {}
        self.batch = None
        self.faults = None

    def close(self) -> None:
        self._closed.append(self._name)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class Failing(Observer):
    """Raises at the first turn of the loop."""

    def on_loop(self, halted: object) -> None:
        raise ZeroDivisionError


@pytest.fixture
def settings() -> Settings:
    environ = {
        "DATABASE_URL": "postgresql://x@localhost/x",
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
        "SCHEMA_REGISTRY_URL": "http://localhost:2",
    }
    return load(environ, kafka=True)


def consume(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    *,
    broken: str | None = None,
    observer: Observer | None = None,
    stopped: bool = False,
    until_end: bool = False,
    **factories: Any,
) -> list[str]:
    """Runs a consumer of stand-ins, of which `broken` cannot be opened; gives what was closed, in that order.

    `factories` are other stand-ins, by the names that `consumer.run` has for them.
    """
    closed: list[str] = []

    def opening(name: str) -> Callable[..., Any]:
        def open_part(*_: object, **__: object) -> Part:
            if name == broken:
                raise ZeroDivisionError
            return Part(name, closed)

        return open_part

    watched = Part("telemetry", closed)
    watched.observer = observer or Observer()  # type: ignore[attr-defined]
    watched.registry = opening("registry")  # type: ignore[attr-defined]
    opened: Callable[..., Any] = opening("telemetry") if broken == "telemetry" else lambda *_: watched
    monkeypatch.setattr(run, "telemetry", opened)
    monkeypatch.setattr(run, "Cluster", opening("cluster"))
    monkeypatch.setattr(run, "SchemaFetcher", opening("fetcher"))
    monkeypatch.setattr(run, "TopicWatch", lambda *_: Part("topic_watch", []))
    for name, factory in zip(
        [*OPENED[1:2], *OPENED[3:]],
        ("SchemaSource", "Watermark", "TopicWatch", "Assignment", "Writer", "GroupConsumer"),
        strict=True,
    ):
        monkeypatch.setattr(run, factory, factories.get(factory, opening(name)))
    stop = threading.Event()
    if stopped:
        stop.set()
    if broken or not stopped:
        with pytest.raises(ZeroDivisionError):
            run._consume(settings, stop, until_end=False, observer=Observer())
    else:
        assert run._consume(settings, stop, until_end=until_end, observer=Observer()) is not until_end
    return closed


def test_all_is_closed_after_an_orderly_end(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The group is left before the connection to the database ends."""
    assert consume(monkeypatch, settings, stopped=True) == OPENED[::-1]


def test_all_is_closed_after_a_failure(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """An exception out of the loop closes the same, in the same order."""
    assert consume(monkeypatch, settings, observer=Failing()) == OPENED[::-1]


def test_a_signal_before_the_ends_is_no_success(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """With --until-end 0 means that every end was reached; what was opened is closed in order all the same."""
    with capture_logs() as lines:
        monkeypatch.setattr(loop, "log", structlog.get_logger())
        assert consume(monkeypatch, settings, stopped=True, until_end=True) == OPENED[::-1]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["ends_not_reached"]
    assert run._exit_code(clean=False, until_end=True) == 1


@pytest.mark.parametrize("broken", OPENED)
def test_what_was_opened_before_a_failure_is_closed(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, broken: str
) -> None:
    """Wherever opening stops, nothing stays behind."""
    assert consume(monkeypatch, settings, broken=broken) == OPENED[: OPENED.index(broken)][::-1]


@pytest.mark.parametrize("orderly", [True, False])
def test_only_an_orderly_end_releases_partitions(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, *, orderly: bool
) -> None:
    """After a failure the next owner must suspect the records: the callbacks of leaving the group release nothing."""
    released: list[str] = []
    callbacks: list[RebalanceCallbacks] = []

    class Assigned(Part):
        def release_all(self) -> None:
            released.append("all")

        def release(self, _positions: object) -> None:
            released.append("revoked")

    class Member(Part):
        def close(self) -> None:
            callbacks[0].revoked([("t", 0)])
            callbacks[0].lost([("t", 1)])

    def join(_config: object, _topics: object, registered: RebalanceCallbacks, *_: object) -> Member:
        callbacks.append(registered)
        return Member("member", [])

    def assigned(*_: object, **__: object) -> Assigned:
        return Assigned("assignment", [])

    observer = None if orderly else Failing()
    consume(monkeypatch, settings, observer=observer, stopped=orderly, Assignment=assigned, GroupConsumer=join)
    assert released == (["all"] if orderly else [])
