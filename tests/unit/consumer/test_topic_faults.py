"""Faults of a topic: noted by topic and cause, logged once, and cleared."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from consumer.kafka import topic_faults
from consumer.kafka.admin import ClusterUnavailable
from consumer.kafka.topic_faults import REPEAT_SECONDS, TopicFault, TopicFaults
from consumer.kafka.topic_watch import TopicWatch
from consumer.retries import uncounted
from consumer.telemetry.topic_gauges import TopicFaultGauges
from sandbox.services.process import wait_until


def test_a_fault_is_logged_once_then_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """By topic and cause; its end is said once as well."""
    now = SimpleNamespace(at=1000.0)
    monkeypatch.setattr(topic_faults, "time", SimpleNamespace(monotonic=lambda: now.at))
    faults = TopicFaults()
    with capture_logs() as lines:
        for _ in range(3):
            faults.note("t", TopicFault.SETTINGS, "not authorized")
        faults.note("t", TopicFault.OFFSETS, "no leader")
        now.at += REPEAT_SECONDS
        faults.note("t", TopicFault.SETTINGS, "not authorized")
        for _ in range(2):
            faults.clear("t", TopicFault.SETTINGS, TopicFault.MISSING)
    assert [(line["event"], line["cause"]) for line in lines] == [
        ("topic_unavailable", "settings_unreadable"),
        ("topic_unavailable", "offsets_unreadable"),
        ("topic_unavailable", "settings_unreadable"),
        ("topic_available", "settings_unreadable"),
    ]
    assert faults.current() == {("t", TopicFault.OFFSETS): "no leader"}
    assert faults.topics() == {"t"}


def test_each_fault_is_a_series_from_the_start() -> None:
    """0 for every topic and cause, 1 for those that are there now."""
    faults, registry = TopicFaults(), CollectorRegistry()
    registry.register(TopicFaultGauges(["t", "u"], faults))

    def values() -> dict[tuple[str, str], float | None]:
        names = [(topic, cause) for topic in ("t", "u") for cause in TopicFault]
        return {n: registry.get_sample_value("auditlog_topic_faults", {"topic": n[0], "cause": n[1]}) for n in names}

    assert set(values().values()) == {0}
    faults.note("u", TopicFault.MISSING, "gone")
    assert {name for name, value in values().items() if value == 1} == {("u", "missing")}


def test_what_may_not_be_described_is_not_subscribed_to() -> None:
    """A topic that does not exist stays: it is read once it does. While no broker answers nothing changes."""
    cluster: Any = SimpleNamespace(faults=TopicFaults(), asked=threading.Event())

    def topic_ids(_: object) -> None:
        if not cluster.asked.is_set():
            cluster.asked.set()
            raise ClusterUnavailable("no broker answers")
        cluster.faults.note("forbidden", TopicFault.UNDESCRIBED, "Topic authorization failed")
        cluster.faults.note("missing", TopicFault.MISSING, "gone")
        cluster.faults.note("unreadable", TopicFault.SETTINGS, "Topic authorization failed")

    cluster.topic_ids = topic_ids
    watch = TopicWatch(cluster, ["fine", "forbidden", "missing", "unreadable"], uncounted, lambda *_: None)
    try:
        answers: list[list[str]] = []

        def answered() -> bool:
            answers.extend(filter(None, [watch.take()]))
            return bool(answers)

        assert wait_until(answered, 20, pause=0.05)
        assert answers == [["fine", "missing", "unreadable"]]
    finally:
        watch.close()
