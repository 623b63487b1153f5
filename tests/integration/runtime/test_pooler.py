"""A real PgBouncer between: session mode works, transaction and statement mode are refused by name, and no role stays in the pool."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from reader.query.database import Database
from runtime.migrations import MigrationError, migrate
from runtime.postgres import Connection, ConnectionUnclear, ErrorKind, SettingRefused, classify, connect, pooler
from sandbox.services.pgbouncer import PROGRAM, PgBouncer
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from sandbox.services.standby import REPLICATION, standby_of
from tests.integration.commands.conftest import Cli

WHO = "SELECT session_user, current_user, current_setting('search_path')"

pytestmark = pytest.mark.skipif(not PROGRAM, reason="PgBouncer is not installed: apt-get install pgbouncer")
Pool = Callable[..., str]


@pytest.fixture
def pool(server: PostgresServer, database: str) -> Iterator[Pool]:
    """Starts a PgBouncer in a mode; gives the URL of the test's database behind it."""
    with ExitStack() as running:

        def start(mode: str, **settings: object) -> str:
            return make_conninfo(database, port=running.enter_context(PgBouncer(server, mode, settings)).port)

        yield start


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("settings", [{}, {"server_round_robin": 1, "min_pool_size": 4}, {"default_pool_size": 1}])
def test_a_session_that_is_not_ours_is_refused(pool: Pool, mode: str, settings: dict[str, object]) -> None:
    """By name, before anything is set: the next client of the pool is who it logged in as."""
    url = pool(mode, **settings)
    for _ in range(3):
        with pytest.raises(SettingRefused, match="PgBouncer: pool_mode") as raised:
            connect(url, "audit_operator", "test")
    assert classify(raised.value) is ErrorKind.DEPLOYMENT
    assert "pooler" in Cli({"DATABASE_URL": url}).refused("status")
    with pytest.raises(MigrationError, match="pool_mode"):
        migrate(url, lambda _: None)
    reader = Database(url, wait_seconds=1.0)
    try:
        assert not reader.ready()
    finally:
        reader.close()
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as other:
        session, current, path = other.execute(WHO).fetchone() or ("", "", "")
    assert (session, current) == ("postgres", "postgres")
    assert path == '"$user", public'


class _Late(Connection):
    """A second session before whose first transaction another client gives back the server session that it had."""

    holder: psycopg.Connection | None = None

    @contextmanager
    def transaction(self, *args: Any, **kwargs: Any) -> Iterator[psycopg.Transaction]:
        if self.holder:
            self.holder.commit()
            self.holder = None
        with super().transaction(*args, **kwargs) as transaction:
            yield transaction


def test_other_clients_cannot_hide_it(pool: Pool) -> None:
    """The pool gives the server session that came back last: two that took turns saw each its own, ten times."""
    url = pool("transaction")
    with psycopg.connect(url) as holder, Connection.connect(url, autocommit=True) as ours:
        holder.execute("SELECT 1")

        def another() -> Connection:
            second = _Late.connect(url, autocommit=True)
            second.holder = holder
            return second

        with pytest.raises(SettingRefused, match="PgBouncer: pool_mode"):
            pooler.check(ours, another)


def test_a_machine_that_was_busy_is_no_full_pool(pool: Pool) -> None:
    """The second session did not answer in time; the next one does."""
    url = pool("transaction")
    out_of_time = psycopg.errors.ConnectionTimeout("connection timeout expired")
    another = Mock(side_effect=[out_of_time, Connection.connect(url, autocommit=True)])
    with Connection.connect(url, autocommit=True) as ours, pytest.raises(SettingRefused, match="PgBouncer: pool_mode"):
        pooler.check(ours, another)


def test_session_mode_works(pool: Pool, server: PostgresServer) -> None:
    """With and without a reset query of the pooler's: what we leave is a session as it was."""
    url = pool("session", server_reset_query="", default_pool_size=2)
    with connect(url, "audit_writer", "test") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("audit_writer",)
    Cli({"DATABASE_URL": url}).ok("status")
    reader = Database(url, size=1)
    assert reader.ready()
    reader.close()
    with psycopg.connect(url, autocommit=True) as other:
        assert other.execute(WHO).fetchone() == ("postgres", "postgres", '"$user", public')


def test_a_full_pool_is_no_refusal(pool: Pool) -> None:
    """In session mode with one server the question cannot be asked twice: the session is ours all the same."""
    with connect(pool("session", default_pool_size=1), "audit_writer", "test") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("audit_writer",)


@pytest.mark.parametrize("seconds", [1, 0.1])
def test_a_pooler_that_gives_up_waiting_is_no_refusal(pool: Pool, seconds: float) -> None:
    """query_wait_timeout has the SQLSTATE of statement mode: a session that waited is no proof of either."""
    url = pool("session", default_pool_size=1, query_wait_timeout=seconds)
    if seconds == 1:
        connect(url, "audit_writer", "test").close()
    else:
        with pytest.raises(ConnectionUnclear):
            connect(url, "audit_writer", "test")


def test_on_a_standby_it_is_asked_as_well() -> None:
    """For a reader and for `status`: the second session goes where the first one is, not to a primary."""
    with PostgresServer(settings=REPLICATION) as primary:
        migrate(primary.create_database("audit"), lambda _: None)
        with standby_of(primary) as standby, ExitStack() as running:

            def pooled(mode: str) -> str:
                port = running.enter_context(PgBouncer(standby, mode)).port
                return make_conninfo(standby.url("audit"), port=port)

            with pytest.raises(SettingRefused, match="PgBouncer: pool_mode"):
                connect(pooled("transaction"), "audit_reader", "test", writable=False)
            connect(pooled("session"), "audit_reader", "test", writable=False).close()


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_pooler_that_takes_no_second_session_is_waited_for(pool: Pool, mode: str) -> None:
    """At max_client_conn nothing is known: loud, never a session, and never a refusal for good."""
    with pytest.raises(ConnectionUnclear, match="max_client_conn") as raised:
        connect(pool(mode, max_client_conn=1), "audit_writer", "test")
    assert classify(raised.value) is ErrorKind.UNAVAILABLE


class _Robbed(Connection):
    """A session whose server another client takes as soon as it has answered once."""

    holder: psycopg.Connection | None = None

    def execute(self, *args: Any, **kwargs: Any) -> psycopg.Cursor[Any]:
        answered = super().execute(*args, **kwargs)
        if self.holder:
            self.holder.execute("SELECT 1")
            self.holder = None
        return answered


def test_a_pool_that_others_hold_is_waited_for(pool: Pool) -> None:
    """In transaction mode with one server: neither session is answered, so nothing is known."""
    url = pool("transaction", default_pool_size=1)
    with psycopg.connect(url) as holder, _Robbed.connect(url, autocommit=True) as ours:
        ours.holder = holder
        with pytest.raises(ConnectionUnclear):
            pooler.check(ours, lambda: Connection.connect(url, autocommit=True))


def test_without_a_pooler_nothing_is_asked(database: str, server: PostgresServer) -> None:
    """One session of ours, not two."""
    with connect(database, "audit_writer", "only one"), psycopg.connect(database) as admin:
        sessions = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
        assert wait_until(lambda: sessions == (2,), 1)
