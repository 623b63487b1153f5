"""A database of entries that were put there directly, and the reader's door to it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from reader.database import Database
from reader.listing import Listings
from tests.reader.entries import INSERT, entry


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
