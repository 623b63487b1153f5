"""Runs Kafka Connect's standalone worker with Debezium's JDBC sink until all rows are there; called with java and its class path.

This one is run in our environment. A sink never ends, nor says what it has done: the log of the worker's Kafka client says when its
first records came, and PostgreSQL is asked until no transaction is open after the last row.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg

from sandbox.bench import first_record
from sandbox.bench_peers.programs.common import BATCH_RECORDS, BATCH_SECONDS, Task, task
from sandbox.services.process_status import peak_bytes
from sandbox.services.temporary_folder import TemporaryFolder

# As in Kafka's own scripts for Connect.
HEAP = ("-Xms256M", "-Xmx2G", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35")
WORKER = "org.apache.kafka.connect.cli.ConnectStandalone"
# A worker goes on when its only task has failed; only its log says so. Its client logs a line or two for each fetch.
LOG4J = """rootLogger.level = error
rootLogger.appenderRef.errors.ref = errors
logger.fetches.name = org.apache.kafka.clients.consumer.internals.AbstractFetch
logger.fetches.level = debug
logger.fetches.additivity = false
logger.fetches.appenderRef.fetches.ref = fetches
appender.errors.type = File
appender.errors.name = errors
appender.errors.fileName = errors
appender.errors.layout.type = PatternLayout
appender.errors.layout.pattern = %m%n
appender.fetches.type = File
appender.fetches.name = fetches
appender.fetches.fileName = fetches
appender.fetches.layout.type = PatternLayout
appender.fetches.layout.pattern = %d{UNIX_MILLIS} %m%n
"""
FETCHED = "returned fetch data"
KEY = "workspace_id,event_source,event_id"
# The Connect schema of a column, by PostgreSQL's name of its type.
TYPES: Mapping[str, Mapping[str, object]] = {
    "text": {"type": "string"},
    "text[]": {"type": "array", "items": {"type": "string"}},
    "integer": {"type": "int32"},
    "bigint": {"type": "int64"},
    "bytea": {"type": "bytes"},
    "json": {"type": "string", "name": "io.debezium.data.Json"},
    "timestamp with time zone": {"type": "string", "name": "io.debezium.time.ZonedTimestamp"},
}
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
WHERE attrelid = 'audit_event'::regclass AND attname = ANY (%s)
"""
# Each row takes a number of the identity column; the transaction of the last ones may still be open.
ALL_COMMITTED = """
SELECT clock_timestamp() FROM audit_event_id_seq WHERE is_called AND last_value >= %s AND NOT EXISTS (
  SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND backend_xid IS NOT NULL)
"""
SECONDS = "SELECT count(*), extract(epoch FROM %s - to_timestamp(%s))::float8 FROM audit_event"


def worker(schema: str, folder: Path) -> dict[str, str]:
    """The worker's settings: one schema for all records, which then need none of their own; offsets as often as the others commit."""
    return {
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schema.content": schema,
        "offset.storage.file.filename": str(folder / "offsets"),
        "offset.flush.interval.ms": str(int(BATCH_SECONDS * 1000)),
        "listeners": "http://127.0.0.1:0",
    }


def sink(task: Task) -> dict[str, str]:
    """The connector's settings, as Debezium's documents have them for many rows; what each is for is in decision 99."""
    database = psycopg.conninfo.conninfo_to_dict(task.database)
    return {
        "name": task.group,
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "topics": task.topic,
        "connection.url": "jdbc:postgresql://{host}:{port}/{dbname}?reWriteBatchedInserts=true".format_map(database),
        "connection.username": str(database["user"]),
        "connection.password": str(database["password"]),
        "collection.name.format": "audit_event",
        "insert.mode": "upsert",
        "primary.key.mode": "record_value",
        "primary.key.fields": KEY,
        "use.reduction.buffer": "true",
        "batch.size": str(BATCH_RECORDS),
        "consumer.override.max.poll.records": str(BATCH_RECORDS),
    }


def schema(columns: Sequence[tuple[str, str, bool]]) -> str:
    """Kafka Connect's schema of a record, of the name, type and nullability of each column."""
    fields = [{"field": name, "optional": optional, **TYPES[kind]} for name, kind, optional in columns]
    return json.dumps({"type": "struct", "optional": False, "fields": fields})


def main() -> None:
    """Reads all records."""
    assigned = task()
    with TemporaryFolder("connect") as folder, psycopg.connect(assigned.database, autocommit=True) as connection:
        columns = connection.execute(COLUMNS, [assigned.columns]).fetchall()
        process, errors = _start(assigned, schema(columns), folder), folder.path / "errors"
        try:
            began = _wait(lambda: first_fetch(folder.path / "fetches"), process, errors)
            print(first_record.LINE, flush=True)
            ended = _wait(lambda: _committed(connection, assigned.records), process, errors)
            peak = peak_bytes(process.pid) / 1024**2
            count, seconds = connection.execute(SECONDS, [ended, began]).fetchone() or (0, 0.0)
        finally:
            process.terminate()
            process.wait()
    print(json.dumps({"records": count, "seconds": seconds, "peak_mib": peak}))


def first_fetch(log: Path) -> float | None:
    """When the first records came, in seconds since 1970, by the client's log; None where it does not say so yet."""
    lines = log.read_text().splitlines() if log.exists() else []
    return next((int(line.split()[0]) / 1000 for line in lines if FETCHED in line), None)


def _start(task: Task, schema: str, folder: TemporaryFolder) -> subprocess.Popen[bytes]:
    settings = {
        "worker.properties": {"bootstrap.servers": task.bootstrap, **worker(schema, folder.path)},
        "sink.properties": sink(task),
    }
    for name, lines in settings.items():
        (folder.path / name).write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
    (folder.path / "log4j2.properties").write_text(LOG4J)
    java, jars = sys.argv[1:]
    options = (*HEAP, f"-Djava.io.tmpdir={folder.path}", "-Dlog4j2.configurationFile=log4j2.properties", "-cp", jars)
    command = [java, *options, WORKER, *settings]
    return subprocess.Popen(command, cwd=folder.path, env=folder.environ(), stdout=sys.stderr)


def _committed(connection: psycopg.Connection, records: int) -> object:
    """When the last row was committed, by PostgreSQL's clock; None before."""
    row = connection.execute(ALL_COMMITTED, [records]).fetchone()
    return None if row is None else row[0]


def _wait(result: Callable[[], object], process: subprocess.Popen[bytes], log: Path) -> object:
    """The result, as soon as it is not None. SystemExit with the log where the worker ends or logs an error before."""
    while process.poll() is None and not (log.exists() and log.stat().st_size):
        if (value := result()) is not None:
            return value
        time.sleep(0.02)
    time.sleep(1)  # an error is logged in several parts
    # The causes, and not where in the code.
    sys.exit("\n".join(line for line in log.read_text().splitlines() if not line.startswith("\t")))


if __name__ == "__main__":
    main()
