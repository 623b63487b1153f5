"""The fourteen types while much that is not ours is against us, all of it at once."""

from collections.abc import Mapping

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sandbox.services.pgbouncer import PROGRAM, PgBouncer
from sandbox.services.postgres import PostgresServer
from sandbox.services.registry import SchemaRegistry
from schemas import latest
from tests.builders import ONE_OF_EACH, event, events
from tests.e2e.raw_producer import produce_raw
from tests.e2e.silent import full_pipe
from tests.e2e.world import World

pytestmark = pytest.mark.skipif(not PROGRAM, reason="PgBouncer is not installed: apt-get install pgbouncer")
# Of the database: each would change or end what a session does that does not set it itself.
SETTINGS: Mapping[str, str] = {
    "client_encoding": "LATIN1", "standard_conforming_strings": "off", "array_nulls": "off", "bytea_output": "escape",
    "extra_float_digits": "-15", "transform_null_equals": "on", "TimeZone": "Asia/Kolkata", "IntervalStyle": "sql_standard",
    "statement_timeout": "5s", "lock_timeout": "1s", "idle_in_transaction_session_timeout": "5s",
    "default_transaction_isolation": "serializable", "default_transaction_deferrable": "on", "synchronous_commit": "off",
    "jit": "on", "row_security": "off", "xmloption": "document", "lc_messages": "C",
}  # fmt: skip
# Of the consumer's own environment: libpq, the locale and Python read these. PgBouncer itself refuses PGOPTIONS.
ENVIRONMENT: Mapping[str, str] = {
    "PGCLIENTENCODING": "LATIN1", "PGDATESTYLE": "SQL, DMY", "PGTZ": "Asia/Kolkata",
    "LC_ALL": "C", "TZ": "Pacific/Kiritimati",
}  # fmt: skip


def test_the_fourteen_types_under_all_of_it(world: World, postgres: PostgresServer, registry: SchemaRegistry) -> None:
    """Hostile settings, a pooler, a full pipe for the log, a topic that is missing, an open transaction, a header that is not UTF-8."""
    database = sql.Identifier(str(conninfo_to_dict(world.database_url)["dbname"]))
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        for name, value in SETTINGS.items():
            admin.execute(
                sql.SQL("ALTER DATABASE {} SET {} TO {}").format(database, sql.Identifier(name), sql.Literal(value))
            )
    topic, held = world.topic(partitions=2), world.topic()
    producer = world.producer(transactional_id=world.group, transaction_timeout_ms=60_000)
    producer.init_transactions()
    producer.begin_transaction()
    world.send(held, events(3), producer=producer)
    for ce_type, case in ONE_OF_EACH.values():
        world.send(topic, [event(ce_type, case, schema_id=registry.register(ce_type, latest(ce_type).text))])
        world.send(topic, [event(ce_type, case)])
    message = event()
    produce_raw(
        world.bootstrap,
        topic,
        message,
        [(name.encode(), value) for name, value in message.headers] + [(b"x-\xe9", b"1")],
    )
    world.expected["parked"] += 1
    with PgBouncer(postgres) as pooler, full_pipe() as stderr:
        world.stderr = stderr
        consumer = world.consumer(
            **ENVIRONMENT,
            DATABASE_URL=world.database_url.replace(f":{postgres.port}/", f":{pooler.port}/"),
            SCHEMA_REGISTRY_URL=registry.url,
            AUDIT_TOPICS=f"{topic},{held},misspelled",
        )
        all_of_it = 2 * len(ONE_OF_EACH)
        world.until(lambda: world.count("audit_event") == all_of_it, "the fourteen types are recorded", of=[consumer])
        world.end_transaction(producer, commit=True)
        world.until_read(consumer)
        assert consumer.stop() == 0
    world.stderr = None  # the pipe is closed
    world.check()
    assert {row["action"] for row in world.rows("SELECT action FROM audit_event")} == set(ONE_OF_EACH)
    assert [row["reason"] for row in world.rows("SELECT reason FROM parked_record")] == ["record_unreadable"]
