"""A long list after a restart: its rows at once, its total when it is known, never a blank wait."""

from playwright.sync_api import expect

from tests.browser.conftest import Fresh, Visit
from tests.browser.states import long_list


def test_rows_come_first_while_all_is_counted(visit: Visit, fresh: Fresh) -> None:
    """The page says that it counts, and has no last page yet; the next page is there."""
    visitor = long_list(visit(), fresh)
    visitor.open("/audit")
    status = visitor.page.get_by_role("status")
    expect(status).to_contain_text("1–50, counting…")
    expect(visitor.page.get_by_role("link", name="Last", exact=True)).to_have_count(0)
    assert visitor.rows.count() == 50

    visitor.page.get_by_role("link", name="Next", exact=True).click()
    expect(status).to_contain_text("51–100")
    visitor.page.unroute_all()
    visitor.page.reload()
    expect(status).to_contain_text("51–100 of 11,000 entries")
    expect(visitor.page.locator("#of")).to_have_text("of 220")
    expect(visitor.page.locator(".place")).to_have_text("2 / 220")


def test_the_total_takes_its_place_in_the_page(visit: Visit, fresh: Fresh) -> None:
    """Without a reload: what is open and typed stays, and all numbers, also those on paper, are there."""
    visitor = long_list(visit(), fresh, answers=True)
    response = visitor.page.goto(f"{visitor.site.url}/audit")
    assert response is not None
    assert "counting…" in response.text()
    visitor.page.evaluate("window.stays = true")
    expect(visitor.page.get_by_role("status")).to_contain_text("1–50 of 11,000 entries")
    expect(visitor.page.locator(".evidence")).to_contain_text("1–50 of 11,000, page 1 of 220 of the list")
    assert visitor.page.evaluate("window.stays")

    visitor.page.get_by_role("link", name="Last", exact=True).click()
    expect(visitor.page.get_by_role("status")).to_contain_text("10,951–11,000 of 11,000 entries")


def test_a_page_far_down_shows_its_rows_by_itself(visit: Visit, fresh: Fresh) -> None:
    """It says that the list is being read, and then shows itself."""
    visitor = long_list(visit(), fresh, answers=True)
    response = visitor.page.goto(f"{visitor.site.url}/audit?offset=10950")
    assert response is not None
    assert "Reading the list" in response.text()
    expect(visitor.page.get_by_role("status").first).to_contain_text("10,951–11,000 of 11,000 entries")
    assert visitor.rows.count() == 50


def test_without_a_script_a_link_leads_to_the_total(visit: Visit, fresh: Fresh) -> None:
    """And the next page is there meanwhile."""
    visitor = long_list(visit(java_script_enabled=False), fresh, answers=True)
    visitor.open("/audit")
    status = visitor.page.get_by_role("status")
    expect(status).to_contain_text("counting…")
    for _ in range(100):
        if "of 11,000 entries" in status.inner_text():
            break
        visitor.page.get_by_role("link", name="Show the total").click()
    expect(status).to_contain_text("1–50 of 11,000 entries")
    visitor.page.get_by_role("link", name="Next", exact=True).click()
    expect(status).to_contain_text("51–100 of 11,000 entries")
