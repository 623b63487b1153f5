"""Who sees the page: signed in with one click, an admin does; a member, another workspace's admin and a late one do not."""

import time
from urllib.parse import parse_qs, urlsplit

import psycopg
from playwright.sync_api import expect

from sandbox.services.site import Site
from tests.browser.conftest import Count, Sample, Visit
from tests.browser.visitor import Visitor

TO_AUDIT = "a[href*='/audit']"


def test_signing_in_leads_to_the_list(visit: Visit, sample: Sample, count: Count) -> None:
    """Without a session the page offers to sign in; one click on a name later the navigation leads to the list."""
    visitor = visit()
    page = visitor.open("/audit", 401)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name=sample.people.admin.label).click()
    page.get_by_role("navigation", name="Product").get_by_role("link", name="Audit log").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    expect(visitor.rows).to_have_count(50)
    assert visitor.total == count()


def test_a_member_gets_403_and_no_way_there(visit: Visit, sample: Sample) -> None:
    """No page that a member sees has a link to the log, and the log itself is refused without a word of what is in it."""
    visitor = visit().signed_in(sample.people.member)
    home = visitor.open("/")
    expect(home.get_by_role("navigation", name="Product").get_by_role("link")).to_have_text(["Home"])
    expect(home.locator(TO_AUDIT)).to_have_count(0)

    for path in ("/audit", "/audit?action=member.removed", "/audit?from=nonsense", "/audit/1"):
        refused = visitor.open(path, 403)
        expect(refused.get_by_role("heading", level=1)).to_have_text("Admins only")
        expect(refused.locator(TO_AUDIT)).to_have_count(0)
        assert "northwind" not in refused.content()


def test_the_admin_of_another_workspace_sees_none_of_ours(visit: Visit, sample: Sample, shown: Site) -> None:
    """Their list is theirs alone, and an entry of ours is for them an entry that is not there."""
    with psycopg.connect(shown.database_url) as connection:
        query = "SELECT max(id) FILTER (WHERE workspace_id = %s), count(*) FILTER (WHERE workspace_id = %s) FROM audit_event"
        row = connection.execute(query, (sample.dataset.ours, sample.dataset.theirs)).fetchone()
    assert row is not None
    visitor = visit().signed_in(sample.people.other)
    visitor.open("/audit?limit=200")

    assert visitor.total == row[1] > 200
    assert "northwind" not in visitor.page.content().replace("northwind-freight", "")
    page = visitor.open(f"/audit/{row[0]}", 404)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    missing = page.content()
    assert missing == visitor.open("/audit/999999999", 404).content()


def test_without_a_workspace_a_button_leads_to_the_choice_and_back(visit: Visit, sample: Sample) -> None:
    """No dead end: the sign-in page is where workspaces are chosen, and it is told which page to come back to."""
    nobody = sample.people.admin._replace(user_id="user_2nora", workspace_id=None)
    visitor = visit().signed_in(nobody)
    page = visitor.open("/audit?limit=5", 403)
    choose = page.get_by_role("link", name="Choose a workspace")
    assert parse_qs(urlsplit(choose.get_attribute("href") or "").query) == {
        "redirect_url": [f"{visitor.site.url}/audit?limit=5"]
    }
    choose.click()
    page.wait_for_url(f"{visitor.site.issuer.url}/**")
    visitor.signed_in(sample.people.admin)
    page.go_back()
    page.reload()
    expect(visitor.rows).to_have_count(5)


def test_an_expired_session_is_shown_and_can_be_renewed(visit: Visit, sample: Sample) -> None:
    """A session that has ended leads to the page that says so, with the way to sign in again."""
    visitor = visit().signed_in(sample.people.admin, exp=int(time.time()) - 60, nbf=int(time.time()) - 120)
    page = visitor.open("/audit?action=member.removed", 401)

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in again")
    expect(page.locator(TO_AUDIT)).to_have_count(0)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name=sample.people.admin.label).click()
    expect(page.get_by_role("link", name="Open the audit log")).to_be_visible()


def test_an_impersonated_session_is_shown(visit: Visit, sample: Sample) -> None:
    """Who looks through another's eyes sees that it is known."""
    page = (
        visit().signed_in(sample.people.admin, act={"sub": "user_2support", "iss": "https://x.example"}).open("/audit")
    )

    expect(page.get_by_role("status").filter(has_text="impersonated by")).to_contain_text("user_2support")


def test_an_admin_who_asks_for_nothing_keeps_the_navigation(dana: Visitor) -> None:
    """A mistyped address is no dead end."""
    page = dana.open("/audit/999999999", 404)
    page.get_by_role("link", name="Go to the audit log").click()

    expect(dana.rows).to_have_count(50)
