"""What an answer says of itself: whose workspace it is of, and whether a cache may keep it."""

import hashlib

import pytest

from reader.html.pages import STATIC
from reader.http.openapi import describe
from tests.integration.reader.site import ADMIN, MEMBER, OTHER, Site, Tenant

FOREVER = "public, max-age=31536000, immutable"
WORKSPACE_HEADER = "audit-workspace"


@pytest.mark.parametrize("name", sorted(STATIC))
def test_a_file_is_kept_only_under_the_address_of_its_content(calm: Site, name: str) -> None:
    """While versions change, an old server is asked for a new address: what it sends must not be kept as that."""
    digest = hashlib.sha256(calm.get(f"/static/{name}", None).content).hexdigest()[:16]
    assert calm.get(f"/static/{name}?v={digest}", None).headers["cache-control"] == FOREVER
    for query in (
        "",
        "?",
        "?v=",
        "?v=0123456789abcdef",
        f"?v={digest}0",
        f"?v={digest[:15]}",
        f"?v={digest}&v=0",
        f"?V={digest}",
    ):
        answer = calm.get(f"/static/{name}{query}", None)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), query


@pytest.mark.parametrize(
    "path",
    ["/", "/audit", "/audit?actor=nobody", "/audit?limit=0", "/audit/", "/audit/find", "/audit/actors", "/audit/json", "/audit/999999",
     "/v1/audit-events", "/v1/audit-events?actor=nobody", "/v1/audit-events?limit=5&offset=500", "/v1/audit-events/999999", "/v1/audit-actions"],
)  # fmt: skip
def test_an_answer_names_its_workspace(calm: Site, path: str) -> None:
    """The token's, with entries or without: a page can tell that an answer is not of its own."""
    for person in (ADMIN, OTHER):
        assert calm.get(path, person).headers[WORKSPACE_HEADER] == person.workspace_id
    for refused in (MEMBER, None):
        assert WORKSPACE_HEADER not in calm.get(path, refused).headers


def test_a_large_answer_names_its_workspace(tenant: Tenant) -> None:
    """Made in its turn, and sent in pieces."""
    entry_id = tenant.put(diff='{"changes":{"/note":{"after":"%s"}}}' % ("x" * 700_000))
    for path in (f"/audit/{entry_id}", f"/v1/audit-events/{entry_id}", "/v1/audit-events", "/audit"):
        assert tenant.get(path).headers[WORKSPACE_HEADER] == tenant.workspace_id


def test_the_document_has_the_workspace_of_an_answer() -> None:
    """Of every operation, as a header that is always there."""
    document = describe()
    assert document["components"]["headers"]["AuditWorkspace"]["required"]
    for path, methods in document["paths"].items():
        headers = methods["get"]["responses"]["200"]["headers"]
        assert headers["Audit-Workspace"] == {"$ref": "#/components/headers/AuditWorkspace"}, path
