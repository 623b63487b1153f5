"""The reader's database pool: sessions that can read one workspace at a time and write nothing.

Rule of this module: whatever the database does, a request gets a result or `Unavailable` within seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from typing import Any, LiteralString, NamedTuple, TypeVar

import psycopg
import structlog
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

import sql
from catalog.cells import WHOLE, Cell
from reader.query.database_errors import answered
from reader.query.session_settings import NETWORK, ROLE, SESSION
from reader.query.snapshot import MAX_RUNNING
from reader.query.transaction_view import StandbyCompleteness, TransactionView
from reader.query.unavailable import Unavailable
from runtime.postgres import ANSWER_SECONDS, Connection, SettingRefused, configure

log = structlog.get_logger()

T = TypeVar("T")

POOL_SIZE = 12  # eight slots (reader.http.limiter), a large response, two background_loads, one for readiness and lag
WAIT_SECONDS = 2.0
NO_WORKSPACE = ""  # for a probe: what it sees of completeness is what a page needs to know on a standby

READER_SESSION = sql.query("reader/session").replace("%(max_running)s", f"{MAX_RUNNING}")
ANOTHER_CELL = "the database is cell {}, DATABASE_URL says {}: give the databases of all cells, each by its cell"
SCHEMA_VERSION = sql.query("runtime/schema_version")


class Session(NamedTuple):
    """A transaction about one workspace."""

    connection: Connection
    view: TransactionView


class Statement(NamedTuple):
    """A statement and its parameters."""

    text: LiteralString
    values: Mapping[str, Any]


class Database:
    """A pool of sessions in the role audit_reader; it opens them when they are needed, so it can be made during an outage."""

    def __init__(
        self, url: str, cell: Cell = WHOLE, *, size: int = POOL_SIZE, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._url = url
        self._cell = cell
        self.by_cell = {cell: self}  # as CellDatabases has it
        self._completeness = StandbyCompleteness()
        self._session: Connection | None = None  # the only one, in place of the pool's
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=Connection,
            kwargs={"application_name": "audit-reader", **NETWORK},
            min_size=1,
            max_size=size,
            timeout=wait_seconds,
            max_waiting=size * 8,
            reconnect_timeout=30.0,
            configure=self._configure,
            open=False,
            name="reader",
        )
        self._pool.open(wait=False)

    def check(self) -> None:
        """Raises SettingRefused if the database is another cell, or it or a pooler before it cannot be used.

        During an outage it does not raise.
        """
        try:
            with Connection.connect(self._url, application_name="audit-reader", **NETWORK) as connection:
                self._configure(connection)
                row = connection.execute(READER_SESSION, {"workspace_id": NO_WORKSPACE}).fetchone()
                assert row is not None
                if (actual := TransactionView.from_row(row).cell) != str(self._cell):
                    raise SettingRefused(ANOTHER_CELL.format(actual, self._cell))
        except SettingRefused:
            raise
        except psycopg.Error as error:
            log.critical("database_failed", error=str(error).strip(), kind=type(error).__name__)

    @contextmanager
    def workspace(self, workspace_id: str) -> Iterator[Session]:
        """One read-only transaction with one snapshot that sees the entries of `workspace_id` alone. Raises Unavailable."""

        def begun(connection: Connection, held: ExitStack) -> Session:
            held.enter_context(connection.transaction())
            row = connection.execute(READER_SESSION, {"workspace_id": workspace_id}).fetchone()
            assert row is not None
            return Session(connection, self._settled(row))

        with answered(), ExitStack() as held:
            yield self._with_session(held, begun)

    @contextmanager
    def of_one_session(self) -> Iterator["Database"]:
        """The same database by one session: all that it answers is of one server. Raises Unavailable."""

        def tried(connection: Connection, _: ExitStack) -> Connection:
            connection.execute("SELECT 1")
            return connection

        with answered(), ExitStack() as held:
            database = copy(self)
            database._session = self._with_session(held, tried)  # noqa: SLF001 of a copy of this one
            yield database

    def ask(self, workspace_id: str, *statements: Statement) -> tuple[TransactionView, list[list[TupleRow]]]:
        """The results of these statements, in one such transaction and one round trip. Raises Unavailable."""
        return self._ask(workspace_id, statements, lambda _: None)

    def ask_for_much(self, workspace_id: str, *statements: Statement) -> tuple[TransactionView, list[list[TupleRow]]]:
        """As `ask`, for rows of megabytes: their session ends with it. Raises Unavailable."""
        return self._ask(workspace_id, statements, Connection.retire)

    def _ask(
        self, workspace_id: str, statements: Sequence[Statement], prepare: Callable[[Connection], None]
    ) -> tuple[TransactionView, list[list[TupleRow]]]:
        queries = (Statement(READER_SESSION, {"workspace_id": workspace_id}), *statements)

        def asked(connection: Connection, _: ExitStack) -> list[list[TupleRow]]:
            prepare(connection)
            # What is sent before the pipeline ends is one transaction, without BEGIN and COMMIT.
            try:
                with connection.pipeline():
                    cursors = [connection.execute(*query, prepare=True, binary=True) for query in queries]
            except psycopg.Error:
                connection.forget_statements()  # psycopg may take what came after the error for prepared, and it is not
                raise
            return [cursor.fetchall() for cursor in cursors]

        with answered(), ExitStack() as held:
            (view,), *answers = self._with_session(held, asked)
            return self._settled(view), answers

    def ready(self) -> bool:
        """Whether a session answers, and the database has the schema that this program needs."""
        try:
            _, [[version]] = self.ask(NO_WORKSPACE, Statement(SCHEMA_VERSION, {}))
        except Unavailable:
            return False
        return bool(version[0] and version[0] >= sql.wanted_version())

    def stats(self) -> dict[str, int]:
        """The pool's own figures, as psycopg_pool names them."""
        return self._pool.get_stats()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._pool.closed

    def close(self) -> None:
        """Ends all sessions."""
        self._pool.close(timeout=WAIT_SECONDS)

    def _configure(self, connection: Connection) -> None:
        connection.answer_timeout = ANSWER_SECONDS
        configure(connection, self._url, ROLE, SESSION)

    def _settled(self, row: TupleRow) -> TransactionView:
        """What a transaction sees. Raises Unavailable in one of another cell: its entries of other workspaces are of the past."""
        view = TransactionView.from_row(row)
        if view.cell != str(self._cell):
            log.critical("database_failed", error=ANOTHER_CELL.format(view.cell, self._cell), kind="another cell")
            raise Unavailable
        return self._completeness.settled(view)

    def _with_session(self, held: ExitStack, work: Callable[[Connection, ExitStack], T]) -> T:
        """The result of `work` with a working session, which `held` gives back, with what `work` has entered on its stack.

        If the server has closed a session, its first statement fails, and the next session is tried: to check each session
        before it is used would cost every request a round trip.
        """
        for others in reversed(range(self._pool.max_size + 1)):
            attempt = ExitStack()
            connection = self._session or attempt.enter_context(self._pool.connection())
            connection.answer_timeout = ANSWER_SECONDS
            try:
                with attempt:
                    result = work(connection, attempt)
                    held.push(attempt.pop_all())
                    return result
            except psycopg.OperationalError:
                if self._session or not (connection.broken and others):
                    raise
        raise AssertionError("the last attempt raises")
