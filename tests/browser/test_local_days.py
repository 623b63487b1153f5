"""The days of a zone in which a clock is put forward or back at midnight: a day is sent, and shown again, as that day."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Fresh, Visit
from tests.browser.visitor import Visitor


def in_local_time(visitor: Visitor, address: str) -> None:
    """Opens the list with the times of the browser's zone."""
    page = visitor.open(address)
    page.get_by_role("button", name="Show times in").click()


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", "2026-04-24T21:00Z"),  # it begins at 1
        ("Africa/Cairo", "2026-04-23", "2026-04-22T22:00Z", "2026-04-23T22:00Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T04:00Z"),  # it begins at 1
        ("America/Havana", "2026-11-01", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),  # it has midnight twice
        ("Atlantic/Azores", "2026-10-24", "2026-10-24T00:00Z", "2026-10-25T00:00Z"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00Z", "2011-12-30T10:00Z"),  # the day after was left out
    ],
)
def test_a_day_is_all_of_that_day(visit: Visit, fresh: Fresh, zone: str, day: str, begins: str, ends: str) -> None:
    """From its first instant to the first of the next day, whichever hours it has."""
    visitor = visit(timezone_id=zone).signed_in(fresh.admin)
    in_local_time(visitor, "/audit")
    page = visitor.page
    page.locator("#from").fill(day)
    page.locator("#to").fill(day)
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    sent = {name: datetime.fromisoformat(text) for name, (text,) in parse_qs(urlsplit(page.url).query).items()}

    assert {name: at.astimezone(UTC) for name, at in sent.items()} == {
        "from": datetime.fromisoformat(begins),
        "to": datetime.fromisoformat(ends),
    }
    for name in ("from", "to"):
        expect(page.locator(f"#{name}")).to_have_attribute("type", "date")
        expect(page.locator(f"#{name}")).to_have_value(day)


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Atlantic/Azores", "2026-10-25T01:00:00Z"),  # midnight for the second time
        ("America/Havana", "2026-11-01T05:00:00Z"),
        ("America/Havana", "2026-11-01T04:00:00.000001Z"),
        ("Asia/Tokyo", "2026-11-19T15:00:00.000001Z"),
    ],
)
@pytest.mark.parametrize("name", ["from", "to"])
def test_what_is_no_first_instant_is_no_day(visit: Visit, fresh: Fresh, zone: str, at: str, name: str) -> None:
    """The second midnight is an hour into its day, and a microsecond past midnight is past it."""
    visitor = visit(timezone_id=zone).signed_in(fresh.admin)
    in_local_time(visitor, f"/audit?{name}={quote(at)}")
    page = visitor.page

    expect(page.locator(f"#{name}")).to_have_attribute("type", "datetime-local")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    assert parse_qs(urlsplit(page.url).query) == {name: [at]}
