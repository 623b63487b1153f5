"""A server of each installed version, and databases of a test's own on it."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer, installations

NAMES = (f"test_{number}" for number in itertools.count())


@pytest.fixture(scope="module", params=installations(), ids=lambda installation: f"pg{installation.major}")
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server with a migrated database `audit_template` to clone."""
    with PostgresServer(installation=request.param, settings={"fsync": "off"}) as started:
        migrate(started.create_database("audit_template"), lambda _: None)
        yield started


@pytest.fixture
def new_database(server: PostgresServer) -> Iterator[Callable[[str], str]]:
    """Makes databases from a template; gives the URL of each."""
    names = []

    def make(template: str) -> str:
        names.append(name := next(NAMES))
        return server.create_database(name, template)

    yield make
    for name in names:
        server.drop_database(name)


@pytest.fixture
def database(new_database: Callable[[str], str]) -> str:
    """The superuser's URL of a migrated database of the test's own."""
    return new_database("audit_template")
