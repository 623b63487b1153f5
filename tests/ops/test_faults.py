"""A real Prometheus scrapes a real consumer: the figures are there, and every alert fires on its fault and goes after it.

One stack for all, and a calm topic under load beside those that are broken on purpose. The rules are quick here, by the
table of tests/ops/prometheus.py.
"""

import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from tests.builders import event, events
from tests.conftest import TEMPLATE
from tests.e2e.program import Program
from tests.e2e.world import World, operate
from tests.ops.prometheus import DEPLOY, RULES, Prometheus, program

LIMIT = 90.0  # the schema is compared once a minute
# Fired by tests/ops/test_clocks_and_threads.py: they need a database of their own, or a consumer with a fault in it.
ELSEWHERE = {"AuditClockOff", "AuditCompleteThroughAhead", "AuditThreadRestarted"}
ALERTS = {rule["alert"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]} - ELSEWHERE


class Stack(NamedTuple):
    """The topics by what happens to them; `fired` collects what was seen to fire."""

    world: World
    consumer: Program
    prometheus: Prometheus
    port: int
    topics: dict[str, str]
    fired: set[str]

    def until(self, condition: Callable[[], bool], wanted: str) -> None:
        """Waits; says what fires where it takes too long."""
        try:
            self.world.until(condition, wanted, of=[self.consumer], limit=LIMIT)
        except AssertionError as error:
            raise AssertionError(f"{error}; firing: {self.prometheus.firing()}\n{self.consumer.tail()}") from None

    def fires(self, *alerts: str) -> None:
        """Each of `alerts` fires."""
        self.until(lambda: set(alerts) <= self.prometheus.firing(), f"{alerts} fire")
        self.fired.update(alerts)

    def clears(self, *alerts: str) -> None:
        """None of `alerts` fires any more."""
        self.until(lambda: not set(alerts) & self.prometheus.firing(), f"{alerts} are over")

    def get(self, path: str) -> tuple[int, str]:
        """An answer of the consumer's listener; status 0 where nothing listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:  # it does not listen yet
            return 0, ""


@pytest.fixture(scope="module")
def stack(kafka: KafkaBroker, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, PostgreSQL, a consumer and Prometheus, with load on the calm topic until the end."""
    port, stop, url = free_port(), threading.Event(), postgres.create_database("ops", TEMPLATE)
    with World(kafka.bootstrap, url, tmp_path_factory.mktemp("ops")) as world, Prometheus(
        [f"127.0.0.1:{port}"]
    ) as prometheus:  # fmt: skip
        topics = {name: world.topic() for name in ("gapped", "conflicting", "late")}
        topics["calm"] = world.topic(2)
        topics["broken"] = world.topic(retention_ms="300000")
        topics["missing"] = "missing-" + topics["calm"]
        world.topics.append(topics["missing"])
        consumer = world.consumer(AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
        load = threading.Thread(target=_load, args=(world, topics["calm"], stop))
        load.start()
        yield Stack(world, consumer, prometheus, port, topics, set())
        stop.set()
        load.join()


def _load(world: World, topic: str, stop: threading.Event) -> None:
    producer = world.producer()
    for message in iter(lambda: events(1)[0], None):
        producer.produce(topic, message.value, message.key, headers=list(message.headers))
        producer.poll(0)
        if stop.wait(0.02):
            producer.flush(10)
            return


def _expressions() -> list[str]:
    """Every expression of the dashboard, as Grafana would send it with all topics chosen."""
    panels = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    expressions = [text for text in expressions if "$reader" not in text and "$sealer" not in text]  # of other tests
    chosen = [re.sub(r"\$(job|instance|topic)\b", ".*", text).replace("$__rate_interval", "8s") for text in expressions]
    assert len(chosen) > 30 and not [text for text in chosen if "$" in text]
    return chosen


def test_probes_say_alive_and_ready(stack: Stack) -> None:
    """It is alive at once, ready but for the topic that is not there, which it names, and knows no other path."""
    failing = f"failing:\ntopic {stack.topics['missing']}: missing\n"
    stack.until(lambda: stack.get("/readyz") == (503, failing), "it names the topic that is not there, and that alone")
    assert stack.get("/healthz") == (200, "ok\n")
    assert stack.get("/")[0] == 404


def test_a_topic_that_does_not_exist_is_without_an_owner(stack: Stack) -> None:
    """AuditUnowned and AuditTopicUnavailable, until the topic is created and read; then it is ready."""
    stack.fires("AuditUnowned", "AuditTopicUnavailable")
    stack.world.create_topic(stack.topics["missing"], 1)
    stack.clears("AuditUnowned", "AuditTopicUnavailable")
    stack.until(lambda: stack.get("/readyz") == (200, "ok\n"), "it is ready")


def test_every_figure_of_the_documentation_is_there(stack: Stack) -> None:
    """What docs/operations.md lists is what the consumer shows, in a text that `promtool` has nothing against."""
    stack.until(lambda: stack.prometheus.value("sum(auditlog_records_total) > 50") is not None, "records are counted")
    listed = set(
        re.findall(
            r"^\| `(auditlog_(?!reader_|seal_|check_)\w+)`",
            (DEPLOY.parent / "docs" / "operations.md").read_text(),
            re.MULTILINE,
        )
    )
    text = stack.get("/metrics")[1]
    shown = set(re.findall(r"^# TYPE (auditlog_\w+)", text, re.MULTILINE))
    assert shown == listed
    linted = subprocess.run(
        [program("promtool"), "check", "metrics"], check=False, input=text, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stderr
    assert {name for name in shown if not stack.prometheus.query(f'{{__name__=~"{name}(_count)?"}}')} == set()


def test_every_panel_has_data(stack: Stack) -> None:
    """No expression of the dashboard is empty under load; only the list of halted partitions may be."""
    empty: list[str] = []

    def full() -> bool:
        empty[:] = [text for text in _expressions() if not text.endswith("== 1") and not stack.prometheus.query(text)]
        return not empty

    stack.until(full, f"every panel has data but {empty}")
    assert stack.prometheus.value("min(auditlog_partition_halted)") == 0  # initialized, so that the list can be trusted


def test_late_events_burn_the_budget(stack: Stack) -> None:
    """Events whose Kafka timestamp is ten minutes old when they are written: both burn rates."""
    producer, at = stack.world.producer(), int((time.time() - 600) * 1000)
    for message in events(50):
        producer.produce(stack.topics["late"], message.value, message.key, headers=list(message.headers), timestamp=at)
    assert producer.flush(10) == 0
    stack.fires("AuditFreshnessFastBurn", "AuditFreshnessSlowBurn")


def test_a_conflict_is_alerted(stack: Stack) -> None:
    """The same identity with another content: AuditConflict."""
    first = event()
    other = first.with_headers(ce_time="2026-01-01T00:00:00Z")
    stack.world.send(stack.topics["conflicting"], [first])
    stack.world.send(stack.topics["conflicting"], [other], "conflict")
    stack.fires("AuditConflict")


def test_a_broken_producer_halts_its_partition(stack: Stack) -> None:
    """Twenty records of an unknown type: parked, many, and the partition halts; what comes after them gets old."""
    world, topic = stack.world, stack.topics["broken"]
    world.send(topic, [event().with_headers(ce_type="member.unheard_of") for _ in range(20)], "parked")
    stack.fires("AuditParked", "AuditParkedMany", "AuditPartitionHalted")
    world.send(topic, events(5))
    stack.fires("AuditRetentionRisk")
    operate(world, "resume", topic, "0", "--reason", "the producer is fixed")
    stack.clears("AuditPartitionHalted", "AuditRetentionRisk")
    waiting = [str(row["id"]) for row in world.rows("SELECT id FROM parked_record")]
    operate(world, "parked", "dismiss", *waiting, "--reason", "never to be recorded")
    stack.clears("AuditParked", "AuditParkedMany")


def test_books_that_someone_has_changed_do_not_balance(stack: Stack) -> None:
    """A hand in the tables, as only a superuser has: AuditAccountingMismatch, until it is undone."""
    table, check = "ALTER TABLE partition_progress", "partition_progress_balanced"
    change = "UPDATE partition_progress SET duplicate = duplicate {} 3 WHERE kafka_topic = '{}' AND kafka_partition = 0"
    (rule,) = stack.world.rows(f"SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = '{check}'")
    stack.world.rows(f"{table} DROP CONSTRAINT {check}")
    stack.world.rows(change.format("+", stack.topics["calm"]))
    stack.fires("AuditAccountingMismatch")
    stack.world.rows(change.format("-", stack.topics["calm"]))
    stack.world.rows(f"{table} ADD CONSTRAINT {check} {rule['text']}")
    stack.clears("AuditAccountingMismatch")


def test_a_schema_that_someone_has_changed_is_alerted(stack: Stack) -> None:
    """A trigger that is switched off by hand: AuditTampering, until it is back. The consumer looks once a minute."""
    stack.world.rows("ALTER TABLE audit_event_p02 DISABLE TRIGGER append_only")
    stack.fires("AuditTampering")
    stack.world.rows("ALTER TABLE audit_event_p02 ENABLE ALWAYS TRIGGER append_only")
    stack.clears("AuditTampering")


def test_a_schema_of_an_unknown_version_is_alerted(stack: Stack) -> None:
    """A row in schema_migration keeps the schema from being compared: AuditSchemaUnknown, until it is gone."""
    stack.world.rows("INSERT INTO schema_migration (version, name, sha256) VALUES (999, 'x', '')")
    stack.fires("AuditSchemaUnknown")
    stack.world.rows("DELETE FROM schema_migration WHERE version = 999")
    stack.clears("AuditSchemaUnknown")


def test_a_transaction_that_stays_open_is_alerted(stack: Stack) -> None:
    """Records of a transaction that does not end: AuditOpenTransaction, until it is aborted."""
    producer = stack.world.producer(transactional_id="hanging", transaction_timeout_ms=600_000)
    producer.init_transactions(30)
    producer.begin_transaction()
    for message in events(2):
        producer.produce(stack.topics["late"], message.value, message.key, headers=list(message.headers))
    assert producer.flush(10) == 0
    stack.fires("AuditOpenTransaction")
    producer.abort_transaction(30)
    stack.clears("AuditOpenTransaction")


def test_a_consumer_that_is_stuck_and_finds_a_gap(stack: Stack) -> None:
    """Frozen: AuditConsumerDown. What Kafka deleted meanwhile: AuditDataGap, until it is accepted."""
    world, topic = stack.world, stack.topics["gapped"]
    world.send(topic, events(10))
    stack.until(lambda: world.progress()[topic, 0]["next_offset"] == 10, "it is read")
    stack.consumer.freeze()
    for message in events(2):  # these may be on their way to it already
        world.send(topic, [message])
    world.send(topic, events(98))
    world.delete_records(topic, 0, before=80)
    stack.fires("AuditConsumerDown")
    stack.consumer.thaw()
    stack.fires("AuditDataGap")
    operate(world, "gaps", "accept", str(world.value("SELECT max(id) FROM data_gap")), "--reason", "seen by a person")
    stack.clears("AuditConsumerDown", "AuditDataGap")
    labels = {"topic": topic, "cause": "log_start_moved"}

    def gaps() -> list[dict[str, Any]]:
        return stack.prometheus.query('auditlog_data_gaps{cause="log_start_moved"} > 0')

    # A partition that was lost and came back has its gaps with the next query of the database.
    stack.until(lambda: bool(gaps()), "the gap is counted")
    assert [labels.items() <= gap["metric"].items() for gap in gaps()] == [True]


def test_outages_fire_and_resolve(stack: Stack, kafka: KafkaBroker, postgres: PostgresServer) -> None:
    """PostgreSQL stopped under load, then Kafka too: each is reported, the listener answers, and it ends with them."""
    postgres.stop()
    try:
        stack.fires("AuditDatabaseTrouble", "AuditStalled")
        assert stack.get("/healthz")[0] == 200
        kafka.stop()
        stack.fires("AuditKafkaTrouble")
        assert stack.get("/healthz")[0] == 200
    finally:
        postgres.start()
        if kafka.pid is None:
            kafka.start()
    stack.clears("AuditDatabaseTrouble", "AuditStalled", "AuditKafkaTrouble")


def test_a_revoked_partition_takes_its_series_along(stack: Stack, tmp_path: Path) -> None:
    """A second consumer takes some of the partitions over: each partition has one owner's series, and only one."""
    port = free_port()
    second = stack.world.consumer(AUDIT_METRICS_BIND=f"127.0.0.1:{port}")

    def partitions(of: int) -> set[tuple[str, str]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{of}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return set(re.findall(r'^auditlog_next_offset{partition="(\d+)",topic="([^"]+)"}', text, re.MULTILINE)) | set(
            re.findall(
                r'^auditlog_accounting_difference_records{.*topic="([^"]+)".*partition="(\d+)"', text, re.MULTILINE
            )
        )

    def shared() -> bool:
        try:
            first, other = partitions(stack.port), partitions(port)
        except OSError:
            return False
        return bool(first and other) and not first & other

    stack.until(shared, "the partitions are shared")
    assert second.stop() == 0


def test_every_alert_has_been_seen_and_none_is_left(stack: Stack) -> None:
    """Each rule of deploy/prometheus/alerts.yaml fired above, on a real fault; nothing fires when all is fixed."""
    assert stack.fired == ALERTS
    stack.until(lambda: stack.prometheus.firing() == set(), "nothing fires")
    assert stack.consumer.stop() == 0
