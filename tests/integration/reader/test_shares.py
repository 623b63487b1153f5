"""One workspace's cost is not another's: lists in memory, as requests use them."""

import psycopg
import pytest

import reader.query.index_cache
from reader.model import Query, Selection
from reader.query.listing import Listings
from tests.integration.reader.entries import INSERT, entry

WORKSPACES, ENTRIES = 40, 50
COPIES = """
    INSERT INTO audit_event (
        occurred_at, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets, actor_type,
        actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, content_digest, diff
    ) SELECT
        occurred_at, 0, 0, 'org_' || workspace, event_source, 'e' || number, action, facets, actor_type,
        actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, content_digest, diff
    FROM audit_event, generate_series(1, %s) AS workspace, generate_series(1, %s) AS number
    WHERE workspace_id = 'original'
"""


@pytest.fixture
def filled(database_url: str) -> None:
    """So many workspaces of so many entries."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(INSERT, entry(workspace_id="original"))
        connection.execute(COPIES, (WORKSPACES, ENTRIES))


def read(listings: Listings, ask: Query = Query(), workspaces: int = WORKSPACES) -> int:  # noqa: B008
    """Asks for the list of every workspace in turn; how many had to be read."""
    before = listings.key_index_builds
    for workspace in range(1, workspaces + 1):
        assert listings.page(f"org_{workspace}", ask).total == ENTRIES
    return listings.key_index_builds - before


@pytest.mark.usefixtures("filled")
def test_workspaces_in_turn_do_not_push_out_one_another(listings: Listings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter more than fits: in each round only those that have no place are read."""
    assert read(listings) == WORKSPACES
    monkeypatch.setattr(reader.query.index_cache, "MAX_BYTES", listings.key_index_bytes * 4 // 5)

    for _ in range(5):
        assert read(listings) <= WORKSPACES // 4 + 1


@pytest.mark.usefixtures("filled")
def test_older_pages_and_filters_of_one_workspace_push_out_no_other(
    listings: Listings, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """Whatever it asks for, over and over."""
    read(listings)
    monkeypatch.setattr(reader.query.index_cache, "MAX_BYTES", listings.key_index_bytes * 5 // 4)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for number in range(30):
            page = listings.page("org_1", Query())
            connection.execute(INSERT, entry(number, workspace_id="org_1"))
            for _ in range(3):
                listings.page("org_1", Query())
                assert listings.page("org_1", Query(as_of=page.as_of)).total == page.total
                listings.page("org_1", Query(selection=Selection(actor=f"user_{number}")))
                listings.page("org_1", Query(selection=Selection(channel="web", actor="user_dana")))

    before = listings.key_index_builds
    for workspace in range(2, WORKSPACES + 1):
        assert listings.page(f"org_{workspace}", Query()).total == ENTRIES
    assert listings.key_index_builds == before
