"""Addresses of the page with a slash too many, which people type and paste."""

import pytest

from tests.integration.reader.site import ADMIN, MEMBER, Site
from tests.integration.reader.test_hostile import bearer, request


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (b"/audit/", b"/audit"),
        (b"/audit/?action=member.removed&actor=%C3%A9", b"/audit?action=member.removed&actor=%C3%A9"),
        (b"/audit/5/", b"/audit/5"),
        (b"/audit/5/?limit=10", b"/audit/5?limit=10"),
        (b"/audit/5/?" + b"a" * 60_000, b"/audit/5"),
    ],
)
def test_a_slash_too_many_leads_to_the_page(calm: Site, target: bytes, location: bytes) -> None:
    """By a path alone, with the query as it was; from an entry, what is too long for the way back is left away."""
    answer = calm.raw(request(target, bearer(calm)))

    assert answer.startswith(b"HTTP/1.1 308 ")
    assert b"\r\nlocation: " + location + b"\r\n" in answer.replace(b"Location", b"location")


def test_a_list_with_too_many_filters_is_refused(calm: Site) -> None:
    """As without the slash, by the same words: without its filters it would be another list."""
    query = "action=member.removed&" + "&".join(f"facet={'x' * 255}" for _ in range(20)) * 3
    with_slash, without = (calm.get(f"{path}?{query}") for path in ("/audit/", "/audit"))

    assert (with_slash.status_code, without.status_code) == (422, 422)
    assert "is longer than" in with_slash.text
    assert "is longer than" in without.text


@pytest.mark.parametrize("path", ["/audit/", "/audit/5/"])
def test_access_is_checked_first(calm: Site, path: str) -> None:
    """As on every route."""
    assert [calm.get(path, person).status_code for person in (ADMIN, MEMBER, None)] == [308, 403, 401]


@pytest.mark.parametrize("end", [b"%0A", b"%0a", b"%0D", b"%00", b"%7F", b"%C2%85"])
@pytest.mark.parametrize(
    "path",
    [b"/", b"/audit", b"/audit/", b"/audit/find", b"/audit/actors", b"/audit/json", b"/audit/5", b"/audit/5/", b"/audit/5/json", b"/healthz",
     b"/readyz", b"/openapi.json", b"/v1/audit-events", b"/v1/audit-events/5", b"/v1/audit-actions", b"/v1/audit-checkpoint"],
)  # fmt: skip
def test_an_address_with_a_control_at_its_end_is_none(calm: Site, path: bytes, end: bytes) -> None:
    """Each page has one address: a pattern that ends with $ also fits before a line feed."""
    assert calm.raw(request(path + end, bearer(calm))).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "path", ["/audit/x/", "/audit//", "/audit/find/", "/audit/5/json/", "/v1/audit-events/", "/v1/audit-events/5/"]
)
def test_other_addresses_are_not_mended(calm: Site, path: str) -> None:
    """A program's token may not follow a redirect, so its address has to be right."""
    assert calm.get(path).status_code == 404
