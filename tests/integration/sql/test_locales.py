"""The locale that a database was created with decides nothing of what is read, on each version of PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from reader.model import Selection
from reader.query.key_index import KEY
from reader.query.list_queries import ACTORS, ListQuery
from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from tests.integration.reader.entries import INSERT, WORKSPACE, entry
from tests.integration.sql.conftest import NAMES, Connection

# Locales that know other letters than those of ASCII; the first of them that a server has is compared with C.
OTHERS = ("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'", "LOCALE 'C.UTF-8'", "LOCALE 'C.utf8'")
ADDRESSES = ("ÜNAL@x.example", "ünal@x.example", "Ünal@X.EXAMPLE", "unal@x.example", "ΣΑΣ@x.example", "σας@x.example", "Šć@x.example",
             "kim@x.example", "\u212aim@x.example", "_nal@x.example", "İ@x.example", "i@x.example", "straẞe@x.example")  # fmt: skip
TOTALS = {"ünal@x.example": 3, "ÜNAL@X.example": 3, "UNAL@x.example": 1, "σασ@x.example": 2, "ΣΑΣ@X.EXAMPLE": 2, "šĆ@x.example": 1,
          "KIM@x.example": 1, "\u212aim@x.example": 1, "_nal@x.example": 1, "İ@x.example": 1, "I@x.example": 1, "STRAßE@x.example": 1,
          "%nal@x.example": 0}  # fmt: skip


def create(server: PostgresServer, locale: str) -> str | None:
    """The URL of an empty database of that locale; None if this server cannot make one."""
    name = next(NAMES)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' " + locale)
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        try:
            admin.execute(statement.format(sql.Identifier(name)))
        except psycopg.Error:
            return None
    return server.url(name)


@pytest.fixture(params=["ASCII", "all letters"])
def connection(server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A session in a migrated database that knows these letters, with an entry of each address."""
    locales = ("LOCALE 'C'",) if request.param == "ASCII" else OTHERS
    url = next((url for locale in locales if (url := create(server, locale))), None)
    assert url is not None
    migrate(url, lambda _: None)
    with psycopg.connect(url, autocommit=True) as opened:
        assert opened.execute("SELECT lower('Ü') = 'ü'").fetchone() == (request.param != "ASCII",)
        for number, address in enumerate(ADDRESSES):
            opened.execute(INSERT, entry(number, actor_email=address, event_id=str(number)))
        yield opened
    server.drop_database(url.rpartition("/")[2])


def test_the_case_of_an_address_is_ignored(connection: Connection) -> None:
    """Of all letters; a letter is none of another alphabet, and a sign stands for itself."""
    totals = {}
    for actor in TOTALS:
        row = connection.execute(*ListQuery(WORKSPACE, Selection(actor=actor)).keys(None, None, 99), binary=True)
        totals[actor] = len(row.fetchall()[0][0]) // KEY.size

    assert totals == TOTALS


def test_actors_are_suggested_in_one_order(connection: Connection) -> None:
    """Those with as many entries by their code points."""
    rows = connection.execute(ACTORS, {"workspace_id": WORKSPACE}).fetchall()

    assert [address for address, _ in rows] == sorted(ADDRESSES)
