"""Migrations: from any start to one schema, by any number of migrates at once, and never over an edited past."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

import sql
from consumer.operator.tampering import Comparison, find_tampering
from runtime.migrations import MigrationError, migrate
from sandbox.services.postgres import PostgresServer
from tests.integration.sql.conftest import ROLES

LATEST = len(sql.migrations())
DEPLOY = {"user": "deploy", "password": "deploy"}


def silent(_: str) -> None:
    """Takes what migrate has to say."""


def create(server: PostgresServer, options: str = "OWNER deploy", name: str = "test_a") -> str:
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} {options}".encode())
    return server.url(name, **DEPLOY)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_files_are_numbered_without_holes() -> None:
    """The versions are 1, 2, 3 … and no two files share one."""
    assert [migration.version for migration in sql.migrations()] == list(range(1, LATEST + 1))
    assert sql.wanted_version() == LATEST


def test_query_that_does_not_exist_is_an_error() -> None:
    """A misspelled statement fails at once, by its file's name."""
    with pytest.raises(FileNotFoundError, match=r"no_such_query\.sql"):
        sql.query("no_such_query")


def test_second_migrate_does_nothing(bare: PostgresServer, dump: Callable[..., str]) -> None:
    """Migrating an empty database applies everything and says so; migrating it again changes nothing."""
    url, said = create(bare), list[str]()

    first = migrate(url, said.append)
    before = dump(bare, bare.url("test_a"))
    second = migrate(url, said.append)

    assert [m.version for m in first] == list(range(1, LATEST + 1))
    assert second == []
    assert said == [f"applied {m.version:04} {m.name}" for m in first]
    assert dump(bare, bare.url("test_a")) == before
    remembered = rows(bare.url("test_a"), "SELECT version, name, sha256 FROM schema_migration ORDER BY version")
    assert remembered == [(m.version, m.name, m.sha256) for m in sql.migrations()]


@pytest.mark.parametrize("version", range(1, LATEST))
def test_every_earlier_version_reaches_the_same_schema(
    version: int, bare: PostgresServer, dump: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that stopped at an earlier version ends with the schema of one that was migrated in one go."""
    known = sql.migrations()
    migrate(create(bare), silent)
    older = create(bare, name="test_older")
    with monkeypatch.context() as patch:
        patch.setattr(sql, "migrations", lambda: known[:version])
        migrate(older, silent)

    assert [m.version for m in migrate(older, silent)] == list(range(version + 1, LATEST + 1))
    assert dump(bare, bare.url("test_older")) == dump(bare, bare.url("test_a"))


def test_login_needs_createrole_and_the_database_but_no_superuser(bare: PostgresServer) -> None:
    """A plain CREATEROLE login that owns the database migrates it; all that is made belongs to audit_owner."""
    url = create(bare)

    migrate(url, silent)

    owners = rows(
        bare.url("test_a"),
        "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION SELECT DISTINCT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    )
    assert owners == [("audit_owner",)]
    assert rows(bare.url("test_a"), "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'audit_owner'") == [(False,)]
    for role in (role for role in ROLES if role != "audit_owner"):
        with psycopg.connect(url) as connection:
            connection.execute(f"SET ROLE {role}".encode())
            version = connection.execute(sql.query("runtime/schema_version")).fetchone()
        assert version == (sql.wanted_version(),)


def may_become_owner(bare: PostgresServer, login: str) -> bool:
    """Whether the login could take a trigger away."""
    with psycopg.connect(bare.url("test_a", user=login, password=login), autocommit=True) as connection:
        try:
            connection.execute("SET ROLE audit_owner")
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def test_login_is_the_owner_during_a_migration_only(bare: PostgresServer) -> None:
    """After migrating, first or again, the login cannot become audit_owner; what an older version had left goes as well."""
    url = create(bare)

    migrate(url, silent)
    first = may_become_owner(bare, "deploy")
    with psycopg.connect(url, autocommit=True) as deploy:
        deploy.execute("GRANT audit_owner TO deploy")  # as versions before this one did
    left = may_become_owner(bare, "deploy")
    migrate(url, silent)

    assert (first, left, may_become_owner(bare, "deploy")) == (False, True, False)
    with psycopg.connect(bare.url("test_a"), autocommit=True) as admin:
        assert find_tampering(admin) == Comparison(differences=[])


def test_owner_granted_by_an_administrator_is_found(bare: PostgresServer) -> None:
    """What a person granted to a plain login is not migrate's to revoke; `status --verify` names the login."""
    create(bare, "")
    with psycopg.connect(bare.url("test_a"), autocommit=True) as admin:
        for role in ROLES:
            admin.execute(f"CREATE ROLE {role}".encode())
            admin.execute(f"GRANT {role} TO plain".encode())
        admin.execute("GRANT CREATE ON SCHEMA public TO audit_owner")
        migrate(bare.url("test_a", user="plain", password="plain"), silent)
        differences = [str(difference) for difference in find_tampering(admin).differences]
        admin.execute("REVOKE audit_owner FROM plain")
        after = find_tampering(admin).differences

    assert differences == ["login plain may become audit_owner: REVOKE audit_owner FROM plain"]
    assert after == []


def test_login_without_createrole_is_refused(bare: PostgresServer) -> None:
    """The message of the refusal says what the login lacks, and nothing was made."""
    create(bare, "OWNER plain")

    with pytest.raises(MigrationError, match="CREATEROLE"):
        migrate(bare.url("test_a", user="plain", password="plain"), silent)

    assert rows(bare.dsn, "SELECT 1 FROM pg_roles WHERE rolname LIKE 'audit%'") == []


def test_login_that_does_not_own_the_database_is_refused(bare: PostgresServer) -> None:
    """Without CREATE on the schema to give away, migrate names the missing grant."""
    with pytest.raises(MigrationError, match="may not grant CREATE on schema public to audit_owner"):
        migrate(create(bare, "OWNER plain"), silent)


def test_prepared_database_needs_nothing_of_the_login(bare: PostgresServer) -> None:
    """Where an administrator has made roles and grants, any login that was granted the roles can migrate."""
    create(bare, "")
    with psycopg.connect(bare.url("test_a"), autocommit=True) as admin:
        for role in ROLES:
            admin.execute(f"CREATE ROLE {role}".encode())
            admin.execute(f"GRANT {role} TO plain".encode())
        admin.execute("GRANT CREATE ON SCHEMA public TO audit_owner")

    assert len(migrate(bare.url("test_a", user="plain", password="plain"), silent)) == LATEST


@pytest.mark.parametrize("databases", [1, 2])
def test_migrates_at_the_same_time_all_end_well(databases: int, bare: PostgresServer) -> None:
    """Four migrates at once, in one or two databases of a new cluster: each version is applied once, none fails."""
    urls = [create(bare, name=f"test_{number}") for number in range(databases)] * (4 // databases)
    together = threading.Barrier(len(urls))

    def run(url: str) -> list[int]:
        together.wait()
        return [m.version for m in migrate(url, silent)]

    with ThreadPoolExecutor(len(urls)) as pool:
        applied = sorted(version for versions in pool.map(run, urls) for version in versions)

    assert applied == sorted(list(range(1, LATEST + 1)) * databases)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_other_encoding_is_refused(encoding: str, bare: PostgresServer) -> None:
    """A database that cannot hold every text is refused before anything is made."""
    url = create(bare, f"OWNER deploy ENCODING {encoding} LOCALE 'C' TEMPLATE template0")

    with pytest.raises(MigrationError, match=f"encoding is {encoding}"):
        migrate(url, silent)

    assert rows(bare.dsn, "SELECT 1 FROM pg_roles WHERE rolname LIKE 'audit%'") == []


def test_edited_migration_is_refused(bare: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An applied file that reads otherwise now is named, even where nothing is pending."""
    url = create(bare)
    migrate(url, silent)
    first, *others = sql.migrations()
    monkeypatch.setattr(sql, "migrations", lambda: (first._replace(sha256="0" * 64), *others))

    with pytest.raises(MigrationError, match="0001 tables was applied with another text"):
        migrate(url, silent)


def test_database_newer_than_the_code_is_refused(bare: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old program does not touch a database that a newer one has upgraded."""
    url = create(bare)
    migrate(url, silent)
    known = sql.migrations()
    monkeypatch.setattr(sql, "migrations", lambda: known[:-1])

    with pytest.raises(MigrationError, match="deploy the newer program"):
        migrate(url, silent)


def test_failed_migration_leaves_nothing(bare: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails half-way is undone as a whole, and the ones before it stay."""
    url, known = create(bare), sql.migrations()
    broken = sql.Migration(LATEST + 1, "broken", "CREATE TABLE half_done (); SELECT 1 / 0", "0" * 64)
    monkeypatch.setattr(sql, "migrations", lambda: (*known, broken))

    with pytest.raises(MigrationError, match="division by zero"):
        migrate(url, silent)

    assert rows(bare.url("test_a"), "SELECT max(version), to_regclass('half_done') FROM schema_migration") == [
        (LATEST, None)
    ]


@pytest.mark.parametrize(
    ("role", "attribute"),
    [("audit_owner", "LOGIN"), ("audit_reader", "BYPASSRLS"), ("audit_writer", "SUPERUSER")],
)
def test_role_with_an_unsafe_attribute_is_refused(role: str, attribute: str, bare: PostgresServer) -> None:
    """A role of our name that can do more than ours is not used in silence."""
    url = create(bare)
    migrate(url, silent)
    with psycopg.connect(bare.dsn, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {role} {attribute}".encode())

    with pytest.raises(MigrationError, match=f"ALTER ROLE {role} NO{attribute}"):
        migrate(url, silent)


def test_server_that_is_unavailable_is_one_clear_error() -> None:
    """A database that cannot be reached is an error for a person, not a traceback."""
    with pytest.raises(MigrationError, match="cannot be used"):
        migrate("host=127.0.0.1 port=1 connect_timeout=1", silent)


def test_server_that_says_nothing_is_given_up() -> None:
    """An address that takes the connection and never answers: the same error after five seconds, unless the URL says otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as silent_server:
        began = time.monotonic()
        with pytest.raises(MigrationError, match=r"cannot be used: .*timeout"):
            migrate(f"host=127.0.0.1 port={silent_server.getsockname()[1]} dbname=audit", silent)
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("url", ["postgres:sesame", "postgresql://ann:se%zzsame@host/db"])
def test_malformed_url_does_not_leak_its_password(url: str) -> None:
    """What libpq says about a malformed URL repeats parts of it, so it is not passed on."""
    with pytest.raises(MigrationError, match="DATABASE_URL is no libpq URL") as caught:
        migrate(url, silent)

    assert "same" not in str(caught.value)
