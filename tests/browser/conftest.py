"""One Chromium and one site for each process that tests; a page of its own for each test."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from sandbox.screenshots.dataset import Dataset, People, dataset_until, people_of
from sandbox.services.issuer import Person
from sandbox.services.network_devices import unchanged
from sandbox.services.postgres import PostgresServer
from sandbox.services.recorded import complete_through, record
from sandbox.services.site import Site, site
from tests.browser.chromium import launched
from tests.browser.sessions import api_of, run_out
from tests.browser.visitor import Visitor
from tests.conftest import TEMPLATE
from tests.integration.reader.entries import INSERT, REPEAT, entry

REPEAT_ONE = f"{REPEAT} AND id = %(id)s"
Visit = Callable[..., Visitor]
Count = Callable[..., int]

expect.set_options(timeout=30_000)


class Sample(NamedTuple):
    """The sample data of the site, who can sign in, and when it was made."""

    dataset: Dataset
    people: People
    now: datetime


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One for all tests of a package."""
    yield from launched()


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Sixty days of two workspaces that end now."""
    now = datetime.now(UTC)
    dataset = dataset_until(now)
    return Sample(dataset, people_of(dataset), now)


@pytest.fixture(scope="package")
def shown(chromium: Browser, postgres: PostgresServer, sample: Sample) -> Iterator[Site]:
    """The production application over the sample data, with the demo's sign-in. The browser comes first: it may be missing."""
    name = f"site_{uuid.uuid4().hex[:12]}"
    url = postgres.create_database(name, TEMPLATE)
    record(url, sample.dataset.emissions)
    with site(url, sample.people) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, shown: Site) -> Iterator[Visit]:
    """Makes visitors, with whatever Playwright's new_context takes. Whatever their pages did wrong fails the test."""
    visitors: list[Visitor] = []
    complete_through(shown.database_url, datetime.now(UTC))

    def make(**options: Any) -> Visitor:
        visitors.append(Visitor(chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}), shown))
        return visitors[-1]

    with unchanged():
        yield make
    faults = [fault for visitor in visitors for fault in visitor.watch.faults]
    for visitor in visitors:
        visitor.context.close()
    assert faults == []


@pytest.fixture
def dana(visit: Visit, sample: Sample) -> Visitor:
    """An admin, signed in."""
    return visit().signed_in(sample.people.admin)


@pytest.fixture(scope="package")
def renewing(shown: Site, sample: Sample) -> Iterator[Site]:
    """The sample, once more, with an issuer that renews sessions."""
    with site(shown.database_url, sample.people, renews=True) as running:
        yield running


@pytest.fixture
def reader(chromium: Browser, renewing: Site, sample: Sample) -> Iterator[Visitor]:
    """An admin who is signed in at the issuer, and whose session token has run out."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    visitor = Visitor(context, renewing)
    client = api_of(visitor).signed_in(sample.people.admin)
    context.add_cookies([{"name": "__client", "value": client, "url": renewing.url}])
    # A page asks for these by itself a moment after it was loaded, when a test may have ended the session already.
    visitor.watch.refused(f"{renewing.url}/audit/actors", 401)
    yield run_out(visitor, sample.people.admin)
    context.close()
    assert visitor.watch.faults == []


@pytest.fixture
def count(shown: Site, sample: Sample) -> Count:
    """Counts our workspace's entries in the database by itself."""

    def counted(condition: str = "true", *values: object) -> int:
        with psycopg.connect(shown.database_url) as connection:
            query = f"SELECT count(*) FROM audit_event WHERE workspace_id = %s AND {condition}"
            row = connection.execute(query.encode(), (sample.dataset.ours, *values)).fetchone()
        assert row is not None
        return int(row[0])

    return counted


class Fresh(NamedTuple):
    """A workspace of the test's own and its admin.

    `put` records an entry and gives its id, `repeat` records an entry so many times more, each a second older, and
    `complete` says through when.
    """

    admin: Person
    put: Callable[..., int]
    repeat: Callable[[int, int], None]
    complete: Callable[[datetime | None], None]


@pytest.fixture
def fresh(shown: Site) -> Iterator[Fresh]:
    """An empty workspace."""
    workspace = f"org_2{uuid.uuid4().hex}"
    with psycopg.connect(shown.database_url, autocommit=True) as connection:

        def put(minutes: float = 0, **changed: Any) -> int:
            row = connection.execute(INSERT, entry(minutes, workspace_id=workspace, **changed)).fetchone()
            assert row is not None
            return int(row[0])

        def repeat(entry_id: int, times: int) -> None:
            connection.execute(REPEAT_ONE, {"id": entry_id, "workspace": workspace, "times": times})

        def complete(through: datetime | None) -> None:
            complete_through(shown.database_url, through)

        yield Fresh(Person("Fay", "user_2fay", workspace, "fresh", "admin"), put, repeat, complete)
        complete(datetime.now(UTC))
