"""What is printed is evidence: the filters, the range, the zone, who and when; and every row with its changes."""

import json
import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser import pdf_text
from tests.browser.conftest import Fresh, Sample, Visit
from tests.browser.visitor import Visitor

HUGE_VALUE = json.dumps({"changes": {"/note": {"before": "", "after": "y" * 3000}}})


def test_a_print_says_what_it_is_of(dana: Visitor, sample: Sample) -> None:
    """A4, a table, and above it everything that an auditor asks."""
    page = dana.open("/audit?action=member.added&from=2026-01-01&limit=10&offset=10")
    page.set_viewport_size({"width": 700, "height": 990})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    said = page.locator(".evidence").inner_text()

    for words in (
        "Member added",
        "From 2026-01-01 UTC",
        "11–20 of",
        "page 2 of",
        "from 2026-01-01 00:00:00 UTC on",
        "as of",
        sample.people.admin.user_id,
        "northwind-freight",
        ", at 20",
    ):
        assert words in said, said
    assert "everything since" not in page.locator("main").inner_text()
    assert page.locator(".entries").evaluate("each => getComputedStyle(each).display") == "table"
    expect(page.locator("form.filters")).to_be_hidden()
    assert "changes are not printed" in said


@pytest.mark.parametrize("query", ["", "action=member.added", "actor=nobody@x.example", "source=mcp&limit=5"])
def test_a_print_claims_nothing_that_is_not_on_it(dana: Visitor, query: str) -> None:
    """A range is one of time, whatever else was filtered; and a paper has one page of the list, not everything."""
    page = dana.open(f"/audit?{query}")
    page.emulate_media(media="print")
    said = page.locator("main").inner_text()

    assert re.search(r"Range\s+all time", said)
    assert "everything" not in said
    expect(page.locator(".head .lead")).to_be_hidden()


def test_a_pdf_says_what_it_is_of(dana: Visitor, sample: Sample) -> None:
    """What an auditor keeps: filters, range, zone, who and when before the rows; each sheet has its number, and says how many there are."""
    page = dana.open("/audit?action=member.added&from=2026-01-01&limit=20&offset=20")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    sheets = pdf_text.pages(page.pdf(prefer_css_page_size=True))
    evidence, _, rows = sheets[0].partition("WhathappenedActionSource")

    assert re.search(
        r"FiltersMemberadded;From2026-01-01UTC"
        r"Rangefrom2026-01-0100:00:00UTCon"
        r"Entries21–40of[0-9]+,page2of[0-9]+ofthelist,asof20[-0-9]{8}[:0-9]{8}UTC"
        r".*Detailschangesarenotprinted;.*TimesUTC"
        rf"Printedby{sample.people.admin.user_id},at20[-0-9]{{8}}[:0-9]{{8}}UTC",
        evidence,
    ), evidence
    assert "Workspacenorthwind-freight" in evidence
    assert "joinedtheworkspaceas" not in evidence and "joinedtheworkspaceas" in rows
    assert len(sheets) > 1
    for number, sheet in enumerate(sheets, 1):
        assert f"Page{number}of{len(sheets)}Callmineauditlog" in sheet
    assert "".join(sheets).count("joinedtheworkspaceas") == 20


def test_the_button_prints_every_row(dana: Visitor) -> None:
    """It fetches all changes first; those that were not opened are on paper too."""
    page = dana.open("/audit?limit=5")
    page.evaluate("() => { window.print = () => document.body.setAttribute('data-print', ''); }")
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body[data-print]")).to_have_count(1)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    expect(page.locator(".evidence")).to_contain_text("every row with its changes")
    assert page.locator("tr.more:visible").count() == 5


def test_a_print_of_parts_of_two_pages_says_so(dana: Visitor) -> None:
    """An address may begin anywhere; First and Previous lead to what is before it."""
    page = dana.open("/audit?limit=10&offset=5")
    page.emulate_media(media="print")
    said = page.locator(".evidence").inner_text()

    assert "6–15 of" in said
    assert "pages 1–2 of" in said
    page.emulate_media(media="screen")
    expect(page.get_by_role("link", name="First", exact=True)).to_be_visible()
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("1–10 of")


@pytest.mark.parametrize("width", [641, 800, 960, 1280, 1600])
def test_before_and_after_have_names(visit: Visit, sample: Sample, width: int) -> None:
    """At every width, and on paper."""
    visitor = visit(viewport={"width": width, "height": 900}).signed_in(sample.people.admin)
    page = visitor.open("/audit?facet=operation%3Aedited&limit=5")
    page.locator("button.toggle").first.click()
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        for name in ("Field", "Before", "After"):
            head = page.locator(".changes thead th").get_by_text(name, exact=True)
            expect(head).to_be_visible()
            box = head.bounding_box()
            assert box is not None
            assert box["width"] > 20


def test_what_is_folded_away_is_on_paper(visit: Visit, fresh: Fresh) -> None:
    """The end of a long value, and ids and times, in every browser: no part of it lies in an element that only a browser opens."""
    fresh.put(diff=HUGE_VALUE)
    visitor = visit(java_script_enabled=False).signed_in(fresh.admin)
    page = visitor.open("/audit")
    page = visitor.open(page.locator("a.toggle").first.get_attribute("href") or "")
    folded = page.locator(".folded")
    assert folded.count() == 2
    states: tuple[tuple[Literal["screen", "print"], bool], ...] = (
        ("screen", False),
        ("print", True),
        ("screen", False),
    )
    for media, shown in states:
        page.emulate_media(media=media)
        assert [part.is_visible() for part in folded.all()] == [shown] * 2
    assert page.locator("details:not(.raw) :not(summary)").count() == 0
    page.get_by_text("Ids and times").nth(1).click()
    expect(folded.last).to_be_visible()
