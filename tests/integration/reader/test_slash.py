"""Addresses of the page with a slash too many, which people type and paste."""

import pytest

from tests.integration.reader.site import ADMIN, MEMBER, Site
from tests.integration.reader.test_hostile import bearer, request


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (b"/audit/", b"/audit"),
        (b"/audit/?action=member.removed&actor=%C3%A9", b"/audit?action=member.removed&actor=%C3%A9"),
        (b"/audit/?" + b"a" * 60_000, b"/audit"),
        (b"/audit/5/", b"/audit/5"),
        (b"/audit/5/?limit=10", b"/audit/5?limit=10"),
    ],
)
def test_a_slash_too_many_leads_to_the_page(calm: Site, target: bytes, location: bytes) -> None:
    """By a path alone, with the query as it was; what is too long is left away."""
    answer = calm.raw(request(target, bearer(calm)))

    assert answer.startswith(b"HTTP/1.1 308 ")
    assert b"\r\nlocation: " + location + b"\r\n" in answer.replace(b"Location", b"location")


@pytest.mark.parametrize("path", ["/audit/", "/audit/5/"])
def test_access_is_checked_first(calm: Site, path: str) -> None:
    """As on every route."""
    assert [calm.get(path, person).status_code for person in (ADMIN, MEMBER, None)] == [308, 403, 401]


@pytest.mark.parametrize(
    "path", ["/audit/x/", "/audit//", "/audit/find/", "/audit/5/json/", "/v1/audit-events/", "/v1/audit-events/5/"]
)
def test_other_addresses_are_not_mended(calm: Site, path: str) -> None:
    """A program's token may not follow a redirect, so its address has to be right."""
    assert calm.get(path).status_code == 404
