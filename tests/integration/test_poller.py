"""What the poller asks the database and Kafka for itself: the schema beside the migrations, and last stable offsets."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest
import structlog
from structlog.testing import capture_logs

from consumer.event.model import Partition
from consumer.kafka.admin import Bounds, Topic
from consumer.operator.accounting import PARTITIONS
from consumer.run import OwnerWarning
from consumer.telemetry import poller
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges
from consumer.telemetry.poller import Poller
from runtime.postgres import Connection, connect, select
from sandbox.services.process import wait_until

TOPIC = "callmine.members"
CLAIM = """
INSERT INTO partition_progress (kafka_topic, kafka_topic_id, kafka_partition, next_offset, epoch)
VALUES ('callmine.members', 'an id', %(number)s, 0, 0)
"""
GAP = """
INSERT INTO data_gap (kafka_topic, kafka_topic_id, kafka_partition, from_offset, to_offset, epoch, cause, detail)
VALUES ('callmine.members', 'an id', %(number)s, 0, 5, 0, 'log_start_moved', '')
"""
CONFLICTS = """
INSERT INTO conflicting_event (
    kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, headers, workspace_id, event_source, event_id,
    content_digest
)
SELECT
    'callmine.members', 'an id', number % 2, number, '[]', 'org_acme', '/services/members', 'e1',
    decode(repeat('00', 32), 'hex')
FROM generate_series(1, 3) AS number
"""


class Cluster:
    """A cluster of one partition, in which a transaction has been open since offset 7."""

    def topics(self, topics: Iterable[str]) -> dict[str, Topic]:
        return {topic: Topic(partitions=1, retention=None) for topic in topics}

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, Bounds]:
        return {partition: Bounds(0, 9) for partition in partitions}

    def ends(self, partitions: Iterable[Partition], *, stable: bool = False) -> dict[Partition, int]:
        return dict.fromkeys(partitions, 7 if stable else 9)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(poller, "SECONDS", 0.05)
    monkeypatch.setattr(poller, "SCHEMA_SECONDS", 0.0)
    yield
    structlog.reset_defaults()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"auditlog_{name}", labels)


def test_schema_and_open_transaction_become_figures(database_url: str) -> None:
    """A trigger that is switched off is a figure and a line of the log within a look, and none once it is back."""
    metrics, gauges = Metrics([TOPIC], "0"), PartitionGauges([TOPIC])
    metrics.registry.register(gauges)
    gauges.add([(TOPIC, 0)])
    cluster: Any = Cluster()

    def writer() -> Connection:
        return connect(database_url, "audit_writer", "test")

    with capture_logs() as lines, psycopg.connect(database_url, autocommit=True) as admin:
        asking = Poller([TOPIC], cluster, writer, metrics, gauges, lambda _: None)
        try:
            at = {"topic": TOPIC, "partition": "0"}
            wait_until(lambda: value(metrics, "last_stable_offset", **at) == 7, 10)
            assert value(metrics, "log_end_offset", **at) == 9
            assert value(metrics, "schema_differences") == 0
            admin.execute("ALTER TABLE audit_event_p02 DISABLE TRIGGER append_only")
            wait_until(lambda: value(metrics, "schema_differences") == 1, 10)
            admin.execute("ALTER TABLE audit_event_p02 ENABLE ALWAYS TRIGGER append_only")
            wait_until(lambda: value(metrics, "schema_differences") == 0, 10)
            assert value(metrics, "schema_unknown_version") == 0
            admin.execute("INSERT INTO schema_migration (version, name, sha256) VALUES (999, 'x', '')")
            assert wait_until(lambda: value(metrics, "schema_unknown_version") == 999, 10)
            assert any(line["event"] == "schema_not_compared" for line in lines)
        finally:
            asking.close()
    said = {line["difference"].partition(":")[0] for line in lines if line["event"] == "schema_differs"}
    assert said == {"trigger append_only on audit_event_p02 has changed"}


def test_a_claim_between_two_queries_is_not_seen_by_the_second(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another consumer claims a partition, and states a gap of it, while the poller asks: the poller goes on."""
    metrics, gauges = Metrics([TOPIC], "0"), PartitionGauges([TOPIC])
    cluster: Any = Cluster()
    row_counts: list[int] = []

    def claimed_meanwhile(connection: Connection, kind: type[Any], statement: Any, **values: object) -> list[Any]:
        rows = select(connection, kind, statement, **values)
        if statement is PARTITIONS:
            row_counts.append(len(rows))
            with psycopg.connect(database_url, autocommit=True) as other:
                other.execute(CLAIM.encode(), {"number": len(row_counts)})
                other.execute(GAP.encode(), {"number": len(row_counts)})
        return rows

    monkeypatch.setattr(poller, "select", claimed_meanwhile)
    with capture_logs() as lines:
        asking = Poller(
            [TOPIC], cluster, lambda: connect(database_url, "audit_writer", "test"), metrics, gauges, lambda _: None
        )
        try:
            assert wait_until(lambda: len(row_counts) > 2 or bool(lines), 30)
        finally:
            asking.close()
    assert [line for line in lines if line["event"] == "thread_died"] == []
    assert row_counts[:3] == [0, 1, 2]


def test_the_parking_lot_is_the_same_for_every_consumer(database_url: str) -> None:
    """What waits is counted for all partitions, also those of others: a rebalance changes no figure."""
    metrics, gauges = Metrics([TOPIC], "0"), PartitionGauges([TOPIC])
    cluster: Any = Cluster()
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO parked_record (kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, headers, reason, detail) "
            "SELECT %s, 'id', number, 0, '[]', 'bad_time', 'x' FROM generate_series(0, 2) AS number",
            [TOPIC],
        )
        asking = Poller(
            [TOPIC], cluster, lambda: connect(database_url, "audit_writer", "test"), metrics, gauges, lambda _: None
        )
        try:
            wait_until(lambda: value(metrics, "parked_unresolved_records", topic=TOPIC, reason="bad_time") == 3, 10)
            gauges.add([(TOPIC, 0)])
            asked = value(metrics, "poller_last_success_timestamp_seconds", source="postgresql") or 0
            wait_until(
                lambda: (value(metrics, "poller_last_success_timestamp_seconds", source="postgresql") or 0) > asked, 10
            )
            assert value(metrics, "parked_unresolved_records", topic=TOPIC, reason="bad_time") == 3
        finally:
            asking.close()


def test_complete_through_goes_back_with_the_clock(database_url: str) -> None:
    """The time that the loop knew before lies in the future: the row counts."""
    metrics, gauges = Metrics([TOPIC], "0"), PartitionGauges([TOPIC])
    metrics.registry.register(gauges)
    gauges.add([(TOPIC, 0)])
    with gauges.changing() as figures:
        figures[TOPIC, 0].complete_through = time.time() + 3600
    cluster: Any = Cluster()
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(CLAIM.encode(), {"number": 0})
        admin.execute("UPDATE partition_progress SET complete_through = now()")
    asking = Poller(
        [TOPIC], cluster, lambda: connect(database_url, "audit_writer", "test"), metrics, gauges, lambda _: None
    )
    try:
        at = {"topic": TOPIC, "partition": "0"}
        assert wait_until(
            lambda: (value(metrics, "complete_through_timestamp_seconds", **at) or 0) < time.time() + 60, 10
        )
    finally:
        asking.close()


def test_conflicts_are_counted_by_rows(database_url: str) -> None:
    """Whoever recorded them and whenever: of all partitions and logs of a topic, and no number before the database was asked."""
    metrics, gauges = Metrics([TOPIC, "callmine.billing"], "0"), PartitionGauges([TOPIC])
    cluster: Any = Cluster()
    assert value(metrics, "conflicting_events", topic=TOPIC) is None
    with psycopg.connect(database_url, autocommit=True) as admin:
        for number in range(2):
            admin.execute(CLAIM.encode(), {"number": number})
        admin.execute(CONFLICTS.encode())
    asking = Poller(
        [TOPIC, "callmine.billing"],
        cluster,
        lambda: connect(database_url, "audit_writer", "test"),
        metrics,
        gauges,
        lambda _: None,
    )
    try:
        assert wait_until(lambda: value(metrics, "conflicting_events", topic=TOPIC) == 3, 10)
        assert value(metrics, "conflicting_events", topic="callmine.billing") == 0
    finally:
        asking.close()


def test_login_that_may_become_the_owner_is_logged_once(database_url: str) -> None:
    """The consumer says it at its first connection, and not at each."""
    warn = OwnerWarning()
    with capture_logs() as lines, connect(database_url, "audit_writer", "test") as connection:
        warn(connection)
        warn(connection)
    assert [line["event"] for line in lines] == ["login_may_become_owner"]
