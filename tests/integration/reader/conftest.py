"""A database of entries that were put there directly, and the reader's pool for it."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser

from reader.query.database import Database
from reader.query.listing import Listings
from sandbox.services import site as shown
from sandbox.services.network_devices import unchanged
from sandbox.services.postgres import PostgresServer
from tests.browser.chromium import launched
from tests.browser.visitor import Visitor
from tests.conftest import TEMPLATE
from tests.integration.reader.entries import INSERT, entry
from tests.integration.reader.site import Site, Tenant


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
    """The reader's pool for the test's database."""
    running = Database(database_url)
    yield running
    running.close()


@pytest.fixture
def listings(database: Database) -> Listings:
    """Nothing counted yet."""
    return Listings(database)


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    """The production application on a port of its own, with an issuer on loopback."""
    with Site(database_url) as running:
        yield running


@pytest.fixture(scope="module")
def calm(postgres: PostgresServer) -> Iterator[Site]:
    """A site with a few entries that nobody changes, for all tests of a file that only ask."""
    name = f"calm_{uuid.uuid4().hex[:12]}"
    url = postgres.create_database(name, TEMPLATE)
    with psycopg.connect(url, autocommit=True) as connection:
        for minutes in range(5):
            connection.execute(INSERT, entry(minutes))
            connection.execute(
                INSERT, entry(minutes, workspace_id="org_2", label="foreign", actor_email="foreign@y.example")
            )
    with Site(url) as running:
        yield running
    postgres.drop_database(name)


@pytest.fixture
def tenant(calm: Site) -> Iterator[Tenant]:
    """A workspace of the test's own at the calm site."""
    with psycopg.connect(calm.database_url, autocommit=True) as connection:
        yield Tenant(calm, connection)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for all tests of a file."""
    yield from launched()


@pytest.fixture
def visit(chromium: Browser, tenant: Tenant) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors who are signed in as the tenant's admin, with whatever Playwright's new_context takes. Their pages' faults fail the test."""
    visitors: list[Visitor] = []
    at = shown.Site(tenant.site.url, tenant.site.issuer, tenant.site.database_url)

    def make(**options: Any) -> Visitor:
        context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
        visitors.append(Visitor(context, at))
        return visitors[-1].signed_in(tenant.admin)

    with unchanged():
        yield make
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.watch.faults] == []
