"""Whatever an administrator has set, the fourteen types are stored and read as ever, or the setting is named (SPEC 5)."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest
import structlog
from psycopg.conninfo import make_conninfo

from runtime.migrations import migrate
from runtime.postgres import Connection, ErrorKind, SettingRefused, classify, connect, first_statements, pooler
from runtime.postgres.session import REQUIRED
from sandbox.services.postgres import PostgresServer
from tests.builders import ONE_OF_EACH, event
from tests.integration.commands.conftest import Cli, Consumer
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import Site
from tests.integration.runtime.hostile import Setting, set_for, settings

SHAPE = """
SELECT 'constraint' AS kind, conrelid::regclass || ' ' || conname AS name, pg_get_constraintdef(oid) AS text
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'policy', tablename || ' ' || policyname, qual || coalesce(with_check, '') FROM pg_policies
UNION ALL SELECT 'function', proname, prosrc || coalesce(proconfig::text, '') FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
WHERE NOT tgisinternal
UNION ALL SELECT 'table', oid::regclass::text, relkind::text || relam::text || reltablespace::text || relpersistence::text
    || coalesce(relacl::text, '') || relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'column', attrelid::regclass || ' ' || attname, atttypid::regtype::text || attnotnull::text || attcompression::text
    || coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND attrelid::regclass IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
ORDER BY 1, 2, 3
"""
NAME = "Zoë Łukasz 日本 \\ ' NULL"


@pytest.fixture(scope="module", autouse=True)
def hostile_login(server: PostgresServer) -> None:
    """A login that is a superuser, and a role that it may be."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute("CREATE ROLE hostile; CREATE ROLE hostile_login SUPERUSER LOGIN PASSWORD 'x'")
    hba = server.data_dir / "pg_hba.conf"
    hba.write_text(hba.read_text() + "host all hostile_login 127.0.0.1/32 scram-sha-256\n")
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_reload_conf()")


def lived(url: str) -> dict[str, Any]:
    """What the programs make of the fourteen types and a record that is parked: rows by the writer, a command's answer, a page."""
    messages = [
        event(
            kind,
            case,
            event_id=f"event-{number}",
            workspace=WORKSPACE,
            headers={"ce_time": "2026-11-25T10:00:00.123456Z"},
        )
        for number, (kind, case) in enumerate(ONE_OF_EACH.values())
    ]
    messages.append(event("schedule.edited", event_id="name", workspace=WORKSPACE))
    with connect(url, "audit_writer", "test") as connection:
        Consumer(connection).reads(*messages, event(event_id="bad")._replace(value=b"\xc3\x01junkjunk__"))
    cli = Cli({"DATABASE_URL": url})
    status = json.loads(cli.ok("status", "--count-entries", "--format", "json"))
    (parked,) = json.loads(cli.ok("parked", "list", "--format", "json"))
    cli.ok("parked", "dismiss", str(parked["id"]), "--reason", "a try")
    structlog.reset_defaults()  # the commands have set up logs for their own standard error
    with Site(url) as site:
        page = site.get("/v1/audit-events?limit=200").json()
        entry_read = site.get(f"/v1/audit-events/{page['data'][0]['id']}").json()
    for entry in (*page["data"], entry_read):
        del entry["recorded_at"]
    return {
        "balanced": status["balanced"],
        "parked": parked["reason"],
        "total": page["total"],
        "page": page["data"],
        "one": entry_read,
    }


def shape(url: str) -> list[Any]:
    """What `migrate` has made."""
    with psycopg.connect(url) as connection:
        return list(connection.execute(SHAPE).fetchall())


def of_login(url: str) -> str:
    """As the login for which `role` is set."""
    return make_conninfo(url, user="hostile_login", password="x")


@pytest.mark.parametrize("end", ["minimum", "maximum"])
@pytest.mark.timeout(600)
def test_each_setting_may_be_hostile(server: PostgresServer, new_database: Callable[[str], str], end: str) -> None:
    """All settings at once, at their minimum or maximum; where that fails, the ones that do are found and named."""
    expected, listed = lived(new_database("audit_template")), list(settings(server.dsn))
    assert len(listed) > 100

    def fails(some: list[Setting]) -> str:
        url = new_database("audit_template")
        with set_for(url, server.dsn, {setting.name: getattr(setting, end) for setting in some}) as refused:
            assert len(refused) < 25, refused
            try:
                return "" if lived(of_login(url)) == expected else "it is read otherwise"
            except BaseException as error:  # noqa: BLE001 whatever it is, the setting is to be named
                return f"{type(error).__name__}: {error}"

    assert culprits(listed, fails) == {}


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_migrate_makes_the_same_schema(server: PostgresServer, new_database: Callable[[str], str], end: str) -> None:
    """Whatever is set for the database that it is made in."""
    expected = shape(server.url("audit_template"))

    def fails(some: list[Setting]) -> str:
        url = new_database("template0")
        with set_for(url, server.dsn, {setting.name: getattr(setting, end) for setting in some}):
            try:
                migrate(of_login(url), lambda _: None)
            except BaseException as error:  # noqa: BLE001
                return f"{type(error).__name__}: {error}"
        other = [row for row in shape(url) if row not in expected]
        return "" if not other and len(shape(url)) == len(expected) else f"the schema is another: {other[:3]}"

    assert fails([]) == ""
    assert culprits(list(settings(server.dsn)), fails) == {}


def culprits(some: list[Setting], fails: Callable[[list[Setting]], str]) -> dict[str, str]:
    """Those of `some` that fail, with the reason: looked for by halves, so that all is one try where nothing fails."""
    if not (why := fails(some)):
        return {}
    assert some, why
    if len(some) == 1:
        return {some[0].name: why}
    middle = len(some) // 2
    return culprits(some[:middle], fails) | culprits(some[middle:], fails) or {"only together": why}


@pytest.mark.parametrize(
    ("name", "value"),
    [("session_replication_role", "replica"), ("zero_damaged_pages", "on"), ("ignore_checksum_failure", "on")],
)
def test_what_may_not_be_changed_is_named(server: PostgresServer, database: str, name: str, value: str) -> None:
    """A setting that switches triggers off, or hides damage: no program works with it, and each says which it is."""
    assert name in REQUIRED
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN PASSWORD 'x'; GRANT audit_writer TO writer")
    with set_for(database, server.dsn, {name: value}), pytest.raises(SettingRefused, match=name) as raised:
        connect(database, "audit_writer", "test")
    assert classify(raised.value) is ErrorKind.DEPLOYMENT
    assert "\n" not in str(raised.value)


def test_a_session_that_ends_at_once_is_explained(server: PostgresServer, database: str) -> None:
    """idle_session_timeout of a millisecond: a session that comes about works, one that does not names the setting."""
    with set_for(database, server.dsn, {"idle_session_timeout": "1"}):
        for _ in range(20):
            try:
                with connect(database, "audit_writer", "test") as connection:
                    assert connection.execute("SHOW idle_session_timeout").fetchone() == ("0",)
            except psycopg.OperationalError as error:
                # Where the server's last words are lost, it looks like an outage, and is tried again.
                assert "idle_session_timeout" in str(error) or classify(error) is ErrorKind.UNAVAILABLE


def test_a_timeout_that_ends_the_session_is_explained(
    server: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """exit_on_error, and a timeout that each first statement exceeds: it is tried in other sessions, then named."""
    connects = Mock(side_effect=Connection.connect)
    monkeypatch.setattr(pooler, "SERVER", "SELECT pg_catalog.pg_backend_pid() FROM pg_catalog.pg_sleep(0.2)")
    monkeypatch.setattr(Connection, "connect", connects)
    hostile = {"exit_on_error": "on", "statement_timeout": "20"}
    with set_for(database, server.dsn, hostile), pytest.raises(SettingRefused, match="statement_timeout"):
        connect(database, "audit_writer", "test")
    assert connects.call_count == first_statements.TRIES


SESSIONS: Mapping[str, Mapping[str, str]] = {
    "URL": {"options": "-c search_path=app -c DateStyle=German -c array_nulls=off", "client_encoding": "WIN1252"},
    "replicated": {"options": "-c default_transaction_read_only=on -c standard_conforming_strings=off"},
}


@pytest.mark.parametrize("case", SESSIONS)
def test_url_options_change_nothing(database: str, case: str) -> None:
    """What the URL asks for is overridden as well."""
    assert lived(make_conninfo(database, **SESSIONS[case]))["balanced"]


def test_environment_changes_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do the variables that libpq reads."""
    variables = {"PGCLIENTENCODING": "LATIN1", "PGTZ": "Pacific/Apia", "PGDATESTYLE": "German", "PGGEQO": "off",
             "PGOPTIONS": "-c search_path=app -c transform_null_equals=on", "PGTARGETSESSIONATTRS": "standby"}  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with connect(database, "audit_writer", "test") as connection:
        names = ("client_encoding", "DateStyle", "transform_null_equals")
        values = {name: connection.execute(f"SHOW {name}".encode()).fetchone() for name in names}
        assert connection.execute("SELECT %s", (NAME,)).fetchone() == (NAME,)
    assert values == {"client_encoding": ("UTF8",), "DateStyle": ("ISO, MDY",), "transform_null_equals": ("off",)}


def test_a_server_notices_that_a_client_is_gone(database: str) -> None:
    """Within 25 s, not two hours: until then it has the session, and what it has locked."""
    with connect(database, "audit_writer", "test") as connection:
        probes = [
            connection.execute(f"SHOW tcp_keepalives_{name}".encode()).fetchone()
            for name in ("idle", "interval", "count")
        ]
    assert probes == [("10",), ("5",), ("3",)]
