"""A list in memory is brought up to date by what was recorded since, or read again where that is too much to look through."""

from collections.abc import Callable

import pytest

import reader.query.index_store
import reader.query.list_queries
from reader.model import Query, Selection
from reader.query.listing import Listings
from tests.integration.reader.entries import WORKSPACE


@pytest.mark.parametrize("far_behind", [False, True])
def test_a_filter_that_selects_few_is_not_looked_for_among_all(
    put: Callable[..., int], listings: Listings, monkeypatch: pytest.MonkeyPatch, far_behind: bool
) -> None:
    """To bring its list up to date, or back to a snapshot: beyond so many entries of the workspace it is read again."""
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", 5)
    monkeypatch.setattr(reader.query.list_queries, "MAX_RECORDED_READ", 10)
    rare = Selection(actor="rare")
    put(actor_id="rare")
    before = listings.page(WORKSPACE, Query(selection=rare))
    for _ in range(12 if far_behind else 9):
        put()
        put(workspace_id="org_2")
    put(actor_id="rare")
    now = listings.page(WORKSPACE, Query(selection=rare))
    assert (before.total, now.total, listings.key_index_builds) == (1, 2, 1 + far_behind)
    older = listings.page(WORKSPACE, Query(selection=rare, as_of=before.as_of))
    assert (older.total, listings.key_index_builds) == (1, 1 + 2 * far_behind)
