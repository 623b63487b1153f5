"""Without a mouse: everything is reached with Tab, seen to be reached, and done with Enter, Space and letters."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Count, Sample, Visit
from tests.browser.visitor import Visitor

FOCUSED = """() => { const at = document.activeElement;
    return (at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.innerText || at.id).trim().replace(/\\s+/g, " "); }"""
FOCUS_IS_VISIBLE = """() => { const style = getComputedStyle(document.activeElement), box = document.activeElement.getBoundingClientRect();
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0
        && box.top >= 0 && box.bottom <= innerHeight; }"""
MAX_STOPS = 80


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Goes on until what is called `name` has the focus."""
    passed = []
    for _ in range(MAX_STOPS):
        page.keyboard.press(key)
        passed.append(page.evaluate(FOCUSED))
        if re.match(name, passed[-1]):
            return
    raise AssertionError(f"{name} is not among {passed}")


def test_everything_is_reached_and_seen_to_be(dana: Visitor) -> None:
    """From the skip link to the export's address, in the order of the page, each with a ring around it, none twice."""
    page = dana.open("/audit?limit=3&action=schedule.lifecycle_changed")
    order = []
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        order.append(page.evaluate(FOCUSED))
        assert page.evaluate(FOCUS_IS_VISIBLE), f"the focus on {order[-1]!r} cannot be seen"

    wanted = ["Skip to content", "Callmine", "Home", "Audit log", "Action", "From", "To", "Actor", "Subject", "Source", "Apply", "Several actions",
              "Last 24 hours", "Last 7 days", "Last 30 days", "All time", "Remove filter Schedule changed", "Clear all",
              "Copy link", "This page as JSON", "Older", "Print", "Keys", "Details of Schedule changed", "Page", "Go", "Next", "Last", "audit@callmine.example"]  # fmt: skip
    onward = iter(order)
    assert [prefix for prefix in wanted if not any(name.startswith(prefix) for name in onward)] == []
    assert sum(name.startswith("Details of") for name in order) == 3


def test_the_skip_link_skips(dana: Visitor) -> None:
    """The first Tab shows it, Enter goes past the navigation."""
    page = dana.open("/audit?limit=3")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate(FOCUSED).startswith("Action")


def test_filtering_paging_and_reading(visit: Visit, sample: Sample, count: Count) -> None:
    """Sign in, choose an action by typing its name, apply, go to the next page, open a row, read on, follow its link."""
    visitor = visit()
    page = visitor.open("/audit", 401)
    tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site.issuer.url}/**")
    tab_to(page, "Dana")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site.url}/")
    tab_to(page, "Open the audit log")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit")

    tab_to(page, "Action")
    page.keyboard.type("Report exp")
    tab_to(page, "Apply")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit?action=report.exported")
    assert visitor.total == count("action = 'report.exported'")
    tab_to(page, "Older")
    page.keyboard.press("Enter")
    page.wait_for_url("**offset=50**")

    tab_to(page, "Details of Report exported")
    button = page.locator("button.toggle").first
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Raw JSON", exact=True).first).to_be_visible()  # the details come from the server
    tab_to(page, "Raw JSON")
    page.keyboard.press("Enter")
    expect(page.locator(".raw pre").first).to_be_visible()
    tab_to(page, "Permalink")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/audit/\d+\?"))
    page.go_back()  # its key is the browser's, and a headless one has no keys of its own
    page.wait_for_url("**offset=50**")


def test_back_through_the_page_nothing_hides_the_focus(dana: Visitor) -> None:
    """The head of the table stays in sight, and never over what has the focus (WCAG 2.4.11)."""
    page = dana.open("/audit?limit=50")
    page.locator("button.toggle").last.focus()
    under = """() => { const box = document.activeElement.getBoundingClientRect();
        const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        return over === document.activeElement || document.activeElement.contains(over); }"""
    for _ in range(49):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(under), f"{page.evaluate(FOCUSED)} is covered"
