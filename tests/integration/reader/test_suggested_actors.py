"""Who is suggested is whom the filter finds: by the address, or by the id where no filter takes the address."""

from collections.abc import Callable

import pytest

from reader.query.listing import Listings
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import Tenant


@pytest.mark.parametrize("email", [" ", "", "\u200b", "left\u200b@x.example", " left@x.example", "left [U+200B]@x"])
def test_an_address_that_no_filter_finds_gives_way_to_the_id(
    listings: Listings, put: Callable[..., int], email: str
) -> None:
    """Each of those who have such an address has an id."""
    put(1, actor_email=email, actor_id="user_a")
    put(2, actor_email=email, actor_id="user_b")
    put(3, actor_email="dana@x.example", actor_id="user_c")

    assert sorted(listings.actors(WORKSPACE)) == ["dana@x.example", "user_a", "user_b"]


def test_an_actor_of_several_ids_is_suggested_once(listings: Listings, put: Callable[..., int]) -> None:
    """By the address, in the order of how much was done; whom no filter finds is not there."""
    for minutes, email in enumerate(("dana@x.example", "j\u00f6rg@x.example", "dana@x.example", None, None, None)):
        put(minutes, actor_email=email, actor_id=f"user_{minutes}" if email else "job")
    put(9, actor_email="j\u00f6rg@x.example", actor_id="user_9")
    put(10, actor_email=None, actor_id="job ")

    assert listings.actors(WORKSPACE) == ["job", "dana@x.example", "j\u00f6rg@x.example"]


def test_the_suggested_id_is_a_filter(tenant: Tenant) -> None:
    """What is suggested finds the entry."""
    entry_id = tenant.put(1, actor_email="left\u200b@x.example", actor_id="user_left")
    tenant.put(2)

    assert tenant.get("/audit/actors").json() == {"data": ["dana@x.example", "user_left"]}
    entries = tenant.get("/v1/audit-events?actor=user_left").json()["data"]
    assert [listed["id"] for listed in entries] == [str(entry_id)]
