"""A database of entries that were put there directly, and the reader's door to it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from reader.database import Database
from reader.listing import Listings
from tests.reader.entries import INSERT, entry
from tests.reader.site import Site


@pytest.fixture
def put(database_url: str) -> Iterator[Callable[..., int]]:
    """Records one entry, in a transaction of its own; its id."""
    with psycopg.connect(database_url, autocommit=True) as connection:

        def record(minutes: float = 0, **changed: Any) -> int:
            row = connection.execute(INSERT, entry(minutes, **changed)).fetchone()
            assert row is not None
            return int(row[0])

        yield record


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The reader's door to the test's database."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def listings(database: Database) -> Listings:
    """Nothing counted yet."""
    return Listings(database)


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    """The production application on a port of its own, with an issuer on loopback."""
    with Site(database_url) as made:
        yield made
