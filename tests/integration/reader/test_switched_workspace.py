"""The session becomes another workspace's in another tab: nothing of that one is taken for the page's own. In a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from sandbox.services.issuer import Person
from tests.browser.visitor import Visitor
from tests.browser.watch import barriers
from tests.integration.reader.site import ADMIN, Site, Tenant

Visit = Callable[..., Visitor]
SWITCHED = "You switched to another workspace: load the page again"
FOREIGN = ADMIN._replace(workspace_id="org_2", slug="second")


def holding(tenant: Tenant, visitor: Visitor, path: str = "/audit") -> Page:
    """The page of a workspace with one entry. Its clock and its clipboard are the test's."""
    tenant.put(label="Ours")
    visitor.page.clock.install()
    page = visitor.open(path)
    page.evaluate("navigator.clipboard.writeText('before')")
    return page


def read_again(visitor: Visitor, person: Person) -> None:
    """Thirty seconds later the page asks for the number of newer entries, with another session."""
    visitor.signed_in(person)
    with visitor.page.expect_response("**/v1/audit-events?*"):
        visitor.page.clock.run_for(31_000)


@pytest.mark.parametrize("path", ["/audit", "/audit?actor=dana@x.example", "/audit?subject=sch_2"])
def test_newer_entries_are_of_the_pages_workspace(visit: Visit, tenant: Tenant, path: str) -> None:
    """The other workspace has more; the page says that it is left behind, until the session is its own again."""
    visitor = visit()
    page = holding(tenant, visitor, path)
    read_again(visitor, FOREIGN)
    expect(page.locator(".switched")).to_have_text(SWITCHED)
    expect(page.locator(".newer")).to_be_hidden()

    tenant.put(1, label="Newer", subject_id="sch_2")
    read_again(visitor, tenant.admin)
    expect(page.locator(".switched")).to_have_count(0)
    if "subject" not in path:
        expect(page.get_by_role("link", name="1 newer entry")).to_be_visible()
    read_again(visitor, FOREIGN)
    page.get_by_role("link", name="load the page again").click()
    expect(page.locator(".who")).to_contain_text("second")


def test_nothing_of_another_workspace_is_copied(visit: Visit, tenant: Tenant) -> None:
    """Neither with entries nor without; what was copied before stays."""
    visitor = visit()
    page = holding(tenant, visitor)
    visitor.signed_in(FOREIGN)
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.get_by_role("button", name=f"Not copied. {SWITCHED}.")).to_be_visible()
    expect(page.locator(".switched")).to_have_text(SWITCHED)
    assert barriers(page) == []
    assert page.evaluate("navigator.clipboard.readText()") == "before"

    visitor.signed_in(tenant.admin)
    page.get_by_role("button", name="Not copied").click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert "Ours" in page.evaluate("navigator.clipboard.readText()")
    expect(page.locator(".switched")).to_have_count(0)


def test_a_row_is_not_another_workspaces(visit: Visit, tenant: Tenant) -> None:
    """In databases of their own (cells) two workspaces may have an entry with the same id, so not only a 404 says it."""
    visitor = visit()
    page = holding(tenant, visitor)
    foreign = tenant.site.get("/v1/audit-events?limit=1", FOREIGN).json()["data"][0]["id"]
    page.route(re.compile(r"/audit/\d+\?"), lambda route: answer_as(tenant.site, route, FOREIGN, f"/audit/{foreign}"))
    visitor.rows.first.get_by_role("button").click()

    expect(page.locator("tr.more")).to_contain_text(f"{SWITCHED}. Try again")
    expect(page.locator("tr.more .detail")).to_have_count(0)
    page.get_by_role("button", name="Print").click()
    expect(page.get_by_text(f"Not printed. {SWITCHED}.")).to_be_visible()


def test_actors_are_of_the_pages_workspace(visit: Visit, tenant: Tenant) -> None:
    """Names of another workspace are not suggested."""
    visitor = visit()
    visitor.page.route("**/audit/actors", lambda route: answer_as(tenant.site, route, FOREIGN))
    with visitor.page.expect_response("**/audit/actors"):
        page = holding(tenant, visitor)
    page.wait_for_timeout(500)
    assert page.locator("datalist#actors option").evaluate_all("all => all.map(each => each.value)") == [
        "dana@x.example"
    ]

    page.unroute("**/audit/actors")
    tenant.put(2, actor_email="late@x.example")
    with page.expect_response("**/audit/actors"):
        page.get_by_label("Actor", exact=True).focus()
    expect(page.locator("datalist#actors option")).to_have_count(2)


def test_a_total_is_of_the_pages_workspace(visit: Visit, tenant: Tenant) -> None:
    """Which comes later, where the list is long."""
    visitor = visit()
    visitor.page.route(re.compile("as_of="), lambda route: answer_as(tenant.site, route, FOREIGN))
    tenant.put()
    tenant.repeat(10_999)
    with visitor.page.expect_response(re.compile("as_of=")):
        page = visitor.open("/audit")
    page.wait_for_timeout(500)

    expect(page.get_by_role("link", name="Show the total")).to_be_visible()
    assert page.locator(".status").get_attribute("data-total") == ""


def test_a_page_that_comes_back_as_another_workspaces_does_nothing(visit: Visit, tenant: Tenant) -> None:
    """The session ended and was renewed for the other workspace: what was typed, and the copy that was asked for, are not its."""
    visitor = visit()
    page = holding(tenant, visitor)
    page.get_by_label("Actor", exact=True).fill("someone@x.example")
    visitor.watch.refused(page.get_by_role("link", name="This page as JSON").evaluate("link => link.href"), 401)
    page.route("**/audit/json*", lambda route: lose(visitor, route), times=1)
    with page.expect_event("load"):
        page.get_by_role("button", name="Copy as JSON").click()
    expect(page.locator(".who")).to_contain_text("second")
    page.wait_for_load_state("networkidle")

    expect(page.get_by_role("button", name="Copy as JSON")).to_be_visible()
    expect(page.get_by_label("Actor", exact=True)).to_have_value("")
    assert page.evaluate("navigator.clipboard.readText()") == "before"


def lose(visitor: Visitor, route: Route) -> None:
    """The session has ended, and the next one is of another workspace."""
    visitor.signed_in(FOREIGN)
    route.fulfill(status=401)


def answer_as(site: Site, route: Route, person: Person, path: str | None = None) -> None:
    """Lets another session ask, whatever the cookie says."""
    headers = {**route.request.headers, "Authorization": f"Bearer {site.issuer.token(person)}"}
    route.fulfill(response=route.fetch(url=f"{site.url}{path}" if path else None, headers=headers))
