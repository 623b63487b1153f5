"""Paging: to the end, to a number, and over a list that does not move while entries arrive."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Count, Fresh, Visit
from tests.browser.visitor import Visitor


def test_to_the_very_last_page(dana: Visitor, count: Count) -> None:
    """The last page has what is left over, ends with the oldest entry, and leads only back."""
    total = count()
    dana.open("/audit")
    dana.page.get_by_role("link", name="Last", exact=True).click()
    last = -(-total // 50)
    expect(dana.page.locator("#page")).to_have_value(str(last))

    assert dana.rows.count() == total - 50 * (last - 1)
    assert f"of {last}" in dana.page.locator(".pages").last.inner_text()
    oldest = dana.times[-1]
    assert count("date_trunc('second', occurred_at) < %s::timestamptz", f"{oldest}Z") == 0
    expect(dana.page.get_by_role("link", name="Next", exact=True)).to_have_count(0)
    expect(dana.page.get_by_role("link", name="Last", exact=True)).to_have_count(0)
    dana.page.get_by_role("link", name="First", exact=True).click()
    expect(dana.page.locator("#page")).to_have_value("1")
    expect(dana.page.get_by_role("link", name="Previous", exact=True)).to_have_count(0)


def test_page_after_page_gives_each_entry_once(dana: Visitor, count: Count) -> None:
    """Next, until there is none, shows every entry of the selection, none twice."""
    dana.open("/audit?action=report.exported&limit=40")
    names: list[str] = []
    while True:
        names += dana.page.locator("a.toggle, button.toggle").evaluate_all(
            "found => found.map(each => each.getAttribute('aria-controls'))"
        )
        onward = dana.page.get_by_role("link", name="Next", exact=True)
        if not onward.count():
            break
        with dana.page.expect_navigation():
            onward.click()

    assert len(names) == len(set(names)) == count("action = 'report.exported'") > 150


def test_to_a_number(dana: Visitor) -> None:
    """A page by its number, with the keyboard's Enter or the button; and one that there is not."""
    dana.open("/audit")
    dana.page.get_by_label("Page", exact=True).fill("7")
    dana.page.get_by_label("Page", exact=True).press("Enter")
    expect(dana.page.get_by_role("status")).to_contain_text("301–350 of")
    assert "offset=300" in dana.page.url

    dana.page.get_by_label("Page", exact=True).fill("9999")
    dana.page.get_by_role("button", name="Go").click()
    expect(dana.page.get_by_role("heading", name="Nothing on this page")).to_be_visible()
    dana.page.get_by_role("link", name="Go to the first page").click()
    expect(dana.page.get_by_role("status")).to_contain_text("1–50 of")


def test_newer_entries_wait_until_they_are_asked_for(visit: Visit, fresh: Fresh) -> None:
    """The list stays as of the moment it was opened, even for back-dated entries, and says how many are newer."""
    for minute in range(30):
        fresh.put(minute)
    visitor = visit().signed_in(fresh.admin)
    visitor.open("/audit?limit=10")
    visitor.page.get_by_role("link", name="Next", exact=True).click()
    expect(visitor.page.locator("#page")).to_have_value("2")
    before = visitor.times
    fresh.put(60, label="Newest of all")
    fresh.put(15.5, label="Late")
    visitor.page.reload()

    assert visitor.times == before
    assert visitor.total == 30
    visitor.page.get_by_role("link", name=re.compile("^2 newer entries")).click()
    expect(visitor.rows.first).to_contain_text("Newest of all")
    assert visitor.total == 32
    expect(visitor.page.locator(".newer")).to_be_hidden()


def test_newer_entries_announce_themselves(visit: Visit, fresh: Fresh) -> None:
    """While the page is visible, it shows how many newer entries its selection has, and shows these only on request."""
    fresh.put(label="First")
    visitor = visit().signed_in(fresh.admin)
    visitor.page.clock.install()
    visitor.open("/audit?facet=operation%3Apaused")
    expect(visitor.page.locator(".newer")).to_be_hidden()
    fresh.put(1, label="Second")
    fresh.put(2, label="Of another kind", facets=["operation:edited"])
    visitor.page.clock.run_for(31_000)

    expect(visitor.page.get_by_role("link", name="1 newer entry")).to_be_visible()
    fresh.put(-5, label="Late")
    visitor.page.clock.run_for(31_000)
    newer = visitor.page.get_by_role("status").get_by_role("link", name="2 newer entries")
    expect(newer).to_be_visible()
    assert visitor.sentences == ["dana@x.example paused the schedule First"]
    newer.click()
    expect(visitor.rows).to_have_count(3)
    assert "Second" in visitor.sentences[0]
    assert "Late" in visitor.sentences[2]


def test_a_session_that_ends_meanwhile_is_not_asked_again(visit: Visit, fresh: Fresh) -> None:
    """The page looks once more, is refused, and is quiet from then on; what it shows stays."""
    fresh.put()
    visitor = visit().signed_in(fresh.admin)
    visitor.page.clock.install()
    visitor.open("/audit")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    visitor.context.clear_cookies()
    visitor.watch.refused(f"{visitor.site.url}/v1/audit-events?limit=1", 401)
    visitor.watch.refused(f"{visitor.site.url}/audit/actors", 401)  # if the page, once loaded, has not asked before
    with visitor.page.expect_response("**/v1/audit-events?limit=1"):
        visitor.page.clock.run_for(31_000)
    visitor.page.clock.run_for(120_000)

    expect(visitor.page.get_by_role("status").get_by_role("link", name="Look for newer entries")).to_be_visible()
    expect(visitor.rows).to_have_count(1)
    assert asked == [f"{visitor.site.url}/v1/audit-events?limit=1"]
