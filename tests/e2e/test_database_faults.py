"""PostgreSQL stopped, killed, cut off, restored from an older copy, or wrongly deployed."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime.migrations import migrate
from sandbox.services.freezing import frozen
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from tests.builders import events
from tests.e2e.world import World

# A row of someone else's, under a key of ours.
INSERT = """INSERT INTO audit_event (workspace_id, event_source, event_id, occurred_at, kafka_offset, kafka_partition,
    action, facets, actor_type, actor_id, subject_type, subject_id, channel, kafka_topic, content_digest, diff)
    VALUES (%s, %s, %s, now(), 0, 0, 'a.b', '{}', 'user', 'u', 's', 's', 'web', 't', sha256(''), '{}')"""

LOCKED = 1.0  # seconds that a lock is held: longer than a timeout that must not count, shorter than our lock_timeout


@pytest.fixture
def running(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server, which runs again afterwards whatever the test did."""
    yield postgres
    if postgres.pid is None:
        postgres.start()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_database_that_goes_and_comes_back_costs_nothing(world: World, running: PostgresServer, how: str) -> None:
    """While the database is unavailable the consumer waits and logs that; when it is back, everything is there once."""
    topic = world.topic(3)
    world.send(topic, events(2000))
    consumer = world.consumer()
    world.until(lambda: world.count("audit_event") > 0, "it has begun", of=[consumer])
    running.stop() if how == "stop" else running.kill()
    world.send(topic, events(2000))
    world.until(lambda: bool(consumer.logged("database_unavailable")), "it notices", of=[consumer])
    running.start()
    world.until_read(consumer)
    assert consumer.stop() == 0
    assert world.count("parked_record") == 0
    world.check()


def test_a_database_that_is_unavailable_at_the_start_is_waited_for(world: World, running: PostgresServer) -> None:
    """Without the database no offset is guessed: the consumer waits, as a member, and then begins at the beginning."""
    topic = world.topic()
    world.send(topic, events(10))
    running.stop()
    consumer = world.consumer()
    world.until(lambda: bool(consumer.logged("claim_delayed")), "it waits", of=[consumer])
    running.start()
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_stopped_during_an_outage_it_ends_in_order(world: World, running: PostgresServer) -> None:
    """SIGTERM while the database is unavailable: exit 0, and what was not written is read again."""
    topic = world.topic()
    world.send(topic, events(10))
    consumer = world.consumer()
    world.until_read(consumer)
    running.stop()
    world.send(topic, events(10))
    world.until(lambda: bool(consumer.logged("database_unavailable")), "it notices", of=[consumer])
    assert consumer.stop() == 0
    running.start()
    world.run_until_end()
    world.check()


def test_connections_that_keep_dying_only_slow_it_down(world: World) -> None:
    """Every connection is killed every 200 ms for a while: it makes progress, loses nothing, doubles nothing."""
    topic = world.topic(4)
    world.send(topic, events(500))
    enough = threading.Event()

    def reap() -> None:
        with psycopg.connect(world.database_url, autocommit=True) as connection:
            while not enough.wait(0.2):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name LIKE 'audit-consumer%'"
                )

    reaper = threading.Thread(target=reap)
    reaper.start()
    try:
        consumer = world.consumer()
        world.until(lambda: len(consumer.logged("database_unavailable")) >= 3, "some are hit", of=[consumer])
        world.until(lambda: world.count("audit_event") > 0, "it makes progress", of=[consumer])
    finally:
        enough.set()
        reaper.join()
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_server_that_stops_answering_is_left_and_found_again(world: World) -> None:
    """A lock that is held for seconds delays the write; the consumer stays a member and then writes."""
    topic = world.topic()
    world.send(topic, events(10))
    consumer = world.consumer()
    world.until_read(consumer)
    with psycopg.connect(world.database_url) as holder:
        holder.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        world.send(topic, events(10))
        world.until(lambda: bool(consumer.logged("database_unavailable")), "the lock times out", of=[consumer])
        world.check_accounts()  # above all: no offset is committed to Kafka that is not written
        holder.rollback()
    world.until_read(consumer)
    assert not consumer.logged("partitions_lost") and consumer.stop() == 0
    world.check()


def test_the_transaction_timeout_of_a_database_ends_no_wait_for_a_lock(world: World, postgres: PostgresServer) -> None:
    """Whatever is set for all sessions, ours have none: the write waits for a lock of a second, and is not tried again."""
    if postgres.installation.major < 17:
        pytest.skip("PostgreSQL has transaction_timeout since version 17")
    topic, database = world.topic(), world.value("SELECT current_database()")
    with psycopg.connect(world.database_url, autocommit=True) as holder:
        holder.execute(f"ALTER DATABASE {database} SET transaction_timeout = '200ms'".encode())
        world.send(topic, events(10))
        consumer = world.consumer()
        world.until_read(consumer)  # so its sessions are there: on a busy machine a login may last too long
        before = consumer.logged("database_unavailable")
        with holder.transaction():
            holder.execute("LOCK TABLE audit_event IN SHARE ROW EXCLUSIVE MODE")
            world.send(topic, events(10))
            world.until(world.waits_for_a_lock, "the consumer waits for the lock", of=[consumer])
            time.sleep(LOCKED)
        holder.execute(f"ALTER DATABASE {database} RESET transaction_timeout".encode())
    world.until_read(consumer)
    assert consumer.logged("database_unavailable") == before and consumer.stop() == 0
    world.check()


def test_a_server_that_is_frozen_is_left_by_our_own_clock(world: World) -> None:
    """Its timeouts sleep with it, so ours cuts the connections: the one that writes, and the one that claims."""
    topic = world.topic(2)
    bad = [message.with_headers(ce_type="member.unheard_of") for message in events(2)]
    world.send(topic, bad, "parked", partition=1)
    consumer = world.consumer(AUDIT_BREAKER="2,100%/10")
    world.until_read(consumer)
    world.until(lambda: bool(consumer.logged("halted")), "it has a connection for each use", of=[consumer])
    ours = "starts_with(application_name, 'audit-consumer') AND datname = current_database()"
    backends = [int(row["pid"]) for row in world.rows(f"SELECT pid FROM pg_stat_activity WHERE {ours}")]
    with frozen(*backends):
        world.send(topic, events(10), partition=0)
        world.until(lambda: world.count("audit_event") == 10, "it writes by another connection", of=[consumer])
    assert len(backends) == 3 and consumer.stop() == 0  # the writer, the claims, the clock
    world.check()


def test_rows_are_written_in_the_order_of_their_keys(world: World) -> None:
    """In whatever order records arrive, a transaction locks their keys in one order, so that two cannot deadlock."""
    topic = world.topic()
    sent = sorted(events(100), key=lambda message: message.identity)
    world.send(topic, reversed(sent))
    world.run_until_end()
    world.check()
    rows = world.rows("SELECT xid::text, workspace_id, event_source, event_id FROM audit_event ORDER BY id")
    written = [tuple(row.values()) for row in rows]
    assert written == sorted(written, key=lambda row: (int(row[0]), row[1:]))
    assert len({xid for xid, *_ in written}) < len(sent)


def test_what_another_transaction_commits_meanwhile_is_seen(world: World) -> None:
    """A row under the same key that is committed while ours waits makes ours a conflict, neither error nor loss."""
    topic = world.topic()
    (message,) = events(1)
    consumer = world.consumer()
    world.until(lambda: bool(consumer.logged("claimed")), "it is ready", of=[consumer])
    with psycopg.connect(world.database_url) as other:
        other.execute(INSERT, message.identity)
        world.send(topic, [message], "conflict")
        world.until(world.waits_for_a_lock, "the consumer waits for the other", of=[consumer])
        other.commit()
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.recorded[message.identity] += 1
    world.check()


def test_a_deadlock_is_tried_again(world: World) -> None:
    """Keys that another session inserts in the opposite order: one of the two is chosen as victim, nothing is lost."""
    topic = world.topic()
    first, second = sorted(events(2, workspaces=1), key=lambda message: message.identity)
    consumer = world.consumer()
    world.until(lambda: bool(consumer.logged("claimed")), "it is ready", of=[consumer])
    with psycopg.connect(world.database_url) as other:
        other.execute("SET deadlock_timeout = '60s'")
        other.execute(INSERT, second.identity)
        world.send(topic, [first, second])
        world.until(world.waits_for_a_lock, "the consumer waits for the other", of=[consumer])
        other.execute("SET lock_timeout = '20s'")
        other.execute(INSERT, first.identity)
        other.rollback()
    world.until(lambda: bool(consumer.logged("database_unavailable")), "it was the victim", of=[consumer])
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_database_restored_from_an_older_copy_is_filled_again(kafka: KafkaBroker, tmp_path: Path) -> None:
    """The offsets go back with the data, whatever Kafka's group believes: what came later is read again."""
    with PostgresServer() as old:
        url = old.create_database("audit")
        migrate(url, lambda _: None)
        with World(kafka.bootstrap, url, tmp_path) as world:
            topic = world.topic(3)
            world.send(topic, events(500))
            world.run_until_end()
            backup = old.base_backup()
            world.send(topic, events(500))
            world.run_until_end()
            world.check()
            ahead = world.committed()
            with PostgresServer(data_from=backup, password=old.password) as restored:
                world.database_url = restored.url("audit")
                assert world.count("audit_event") == 500
                assert sum(ahead.values()) == 1000
                world.run_until_end()
                world.check()


@pytest.mark.parametrize(
    "harm",
    [
        "ALTER TABLE audit_event DROP COLUMN trace_id",
        "REVOKE INSERT ON audit_event FROM audit_writer",
        "DROP TABLE parked_record",
        "REVOKE UPDATE ON partition_progress FROM audit_writer",
    ],
)
def test_a_wrong_deployment_stops_it_and_parks_nothing(world: World, harm: str) -> None:
    """A missing column, table or privilege ends the consumer with 1, at the offset where it was."""
    topic = world.topic()
    world.send(topic, events(10))
    if harm.startswith("DROP TABLE"):
        world.send(topic, [events(1)[0].with_headers(ce_type="a.b")], "parked")
    if harm.startswith("REVOKE INSERT"):
        columns = world.value(
            "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.column_privileges "
            "WHERE table_name = 'audit_event' AND grantee = 'audit_writer' AND privilege_type = 'INSERT'"
        )
        harm = f"REVOKE INSERT ({columns}) ON audit_event FROM audit_writer"
    world.rows(harm + (" CASCADE" if harm.startswith("DROP") else ""))
    consumer = world.consumer()
    assert consumer.wait() == 1
    assert consumer.logged("stopped")
    assert sum(row["next_offset"] for row in world.progress().values()) == 0
    if not harm.startswith("DROP TABLE"):
        assert world.count("parked_record") == 0
