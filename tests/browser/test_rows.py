"""A row opens, and shows the whole entry: before and after, what was added and removed, what is hidden, what is huge."""

import json
import re

import psycopg
from playwright.sync_api import Locator, expect

from catalog.audit_types import CATALOG
from sandbox.services.site import Site
from tests.browser.conftest import Fresh, Sample, Visit
from tests.browser.states import HUGE, ODD
from tests.browser.visitor import Visitor


def details(visitor: Visitor, number: int = 0) -> Locator:
    """What a row opens to, once it has been opened or not."""
    return visitor.rows.nth(number).locator("xpath=following-sibling::tr[1]")


def opened(visitor: Visitor, number: int = 0) -> Locator:
    """Opens a row; what it opens to, when that is there."""
    visitor.rows.nth(number).locator("td.when").click()
    expect(details(visitor, number).locator(".facts").first).to_be_visible()
    return details(visitor, number)


def cells(part: Locator, path: str) -> list[str]:
    """Field, before and after of one path, as seen."""
    row = part.locator(".changes tbody tr").filter(has=part.page.locator(f"th bdi:text-is('{path}')"))
    return [" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()]


def test_a_click_anywhere_on_the_row(dana: Visitor) -> None:
    """The whole row opens and closes what it is about, and no other."""
    dana.open("/audit?limit=5")
    dana.rows.nth(1).locator("td.happened").click(position={"x": 3, "y": 3})
    expect(details(dana, 1)).to_be_visible()
    expect(details(dana, 0)).to_be_hidden()
    expect(dana.rows.nth(1).get_by_role("button")).to_have_attribute("aria-expanded", "true")

    dana.rows.nth(1).locator("td.when").click()
    expect(details(dana, 1)).to_be_hidden()
    expect(dana.rows.nth(1).get_by_role("button")).to_have_attribute("aria-expanded", "false")


def test_the_button(dana: Visitor) -> None:
    """A real button with a name of its own, that says what it controls and whether that is open."""
    dana.open("/audit?limit=5")
    button = dana.rows.first.get_by_role("button")
    expect(button).to_have_accessible_name(re.compile(r"Details of Member added, \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"))
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()

    expect(button).to_have_attribute("aria-expanded", "true")
    expect(dana.page.locator(f"#{button.get_attribute('aria-controls')}")).to_be_visible()
    button.click()
    expect(details(dana)).to_be_hidden()


def test_selecting_text_does_not_toggle(dana: Visitor) -> None:
    """Who copies a time from a row wants the time, not the row to open."""
    dana.open("/audit?limit=5")
    dana.rows.first.locator("td.when").dblclick()
    opened = details(dana).is_visible()
    dana.page.mouse.up()
    selected = dana.page.evaluate("String(getSelection())")

    assert selected != ""
    # The first click of the two opens the row, before anything is selected; the second one leaves it as it is.
    assert opened


def test_before_and_after(dana: Visitor) -> None:
    """The edit made by chat: each path before and after, list members added and removed, and by which program."""
    dana.open("/audit?action=schedule.lifecycle_changed&source=mcp&limit=5")
    expect(dana.rows.first.locator(".badge")).to_have_text("MCP · Claude Desktop")
    assert dana.sentences[0] == "dana.whitfield@northwind.example edited the schedule Weekly pipeline: 3 changes"
    part = opened(dana)

    assert cells(part, "cron") == ["cron changed", "0 9 * * 1", "0 8 * * 1"]
    assert cells(part, "report › format") == ["report › format changed", "pdf", "docx"]
    expect(part.locator("li.removed")).to_have_text(re.compile(r"−removed: \s*sam\.okafor@northwind\.example"))
    expect(part.locator("li.added")).to_have_count(2)
    expect(part.locator(".facts").first).to_contain_text("update_schedule")


def test_changes_are_a_table_on_a_narrow_screen_too(visit: Visit, sample: Sample) -> None:
    """Its cells are below each other there; a screen reader still reads a table, with the names of its columns."""
    for width in (320, 800):
        visitor = visit(viewport={"width": width, "height": 900}).signed_in(sample.people.admin)
        page = visitor.open("/audit?action=schedule.lifecycle_changed&source=mcp&limit=1")
        number = (visitor.rows.first.locator("button").get_attribute("aria-controls") or "").removeprefix("d-")
        visitor.open(f"/audit/{number}")
        tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        roles = [node["role"]["value"] for node in tree if not node["ignored"]]
        assert {name: roles.count(name) for name in ("table", "rowgroup", "columnheader", "rowheader", "row", "cell")} == {
            "table": 1, "rowgroup": 2, "columnheader": 3, "rowheader": 3, "row": 4, "cell": 6,
        }  # fmt: skip


def test_values_that_look_alike_do_not(visit: Visit, fresh: Fresh) -> None:
    """null, "", nothing, an empty list, a number and its text, false and 0, and what is masked: each looks different."""
    fresh.put(diff=ODD, channel="mcp")
    visitor = visit().signed_in(fresh.admin)
    visitor.open("/audit")
    part = opened(visitor)

    assert cells(part, "empty") == ["empty changed", "null", '""']
    assert cells(part, "kind") == ["kind changed", '"1"', "1"]
    assert cells(part, "truth") == ["truth changed", "0", "false"]
    assert cells(part, "created") == ["created added", "— nothing", "a@x.example"]
    assert cells(part, "none")[2] == "empty list"
    assert cells(part, "secret_token") == ["secret_token masked", "masked", "masked"]


def test_huge_values_are_clamped_until_one_asks(visit: Visit, fresh: Fresh) -> None:
    """A long text shows its beginning and says how long it is; a whole diff that is too long has a page of its own."""
    fresh.put(diff=ODD, channel="mcp")
    huge = fresh.put(-1, diff=HUGE)
    visitor = visit().signed_in(fresh.admin)
    page = visitor.open("/audit")
    rest = opened(visitor).locator("bdi.folded")
    expect(rest).to_be_hidden()
    details(visitor).get_by_text("Show all 3,000 characters").click()
    expect(rest).to_have_text("x" * 2500)

    visitor.rows.nth(1).locator("td.when").click()
    expect(details(visitor, 1)).to_contain_text("too long to show")
    expect(details(visitor, 1).locator(".changes")).to_have_count(0)
    details(visitor, 1).get_by_role("link", name="Open the entry").click()
    expect(page).to_have_url(re.compile(rf"/audit/{huge}\?as_of="))
    page.get_by_text("Show all 100,001 characters").click()
    assert len(page.locator("td bdi").all_text_contents()[1] + page.locator("bdi.folded").inner_text()) == 100_001


def test_characters_that_cannot_be_seen_are_written_out(visit: Visit, fresh: Fresh) -> None:
    """A name that turns the text around, or markup, is shown as the characters that it is."""
    fresh.put(label="\u202egpj.<b>exe</b>", actor_email="eve\u200b@x.example")
    visitor = visit().signed_in(fresh.admin)
    visitor.open("/audit")

    assert visitor.sentences == ["eve[U+200B]@x.example paused the schedule [U+202E]gpj.<b>exe</b>"]


def test_raw_json_and_its_copy(visit: Visit, fresh: Fresh, shown: Site) -> None:
    """What is copied is what is stored, to the byte, also where the page writes a character out."""
    stored = '{"changes":{"/name":{"after":"a\u202eb","before":1.10}}}'
    number = fresh.put(diff=stored)
    visitor = visit(permissions=["clipboard-read", "clipboard-write"]).signed_in(fresh.admin)
    page = visitor.open(f"/audit/{number}")
    page.get_by_text("Raw JSON").click()
    expect(page.locator(".raw pre")).to_have_text(stored.replace("\u202e", "[U+202E]"))
    page.get_by_role("button", name="Copy JSON").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    with psycopg.connect(shown.database_url) as connection:
        row = connection.execute("SELECT diff::text FROM audit_event WHERE id = %s", (number,)).fetchone()
    assert row is not None
    assert page.evaluate("navigator.clipboard.readText()") == row[0] == stored


def test_where_copying_is_refused_the_text_is_selected(visit: Visit, fresh: Fresh) -> None:
    """A browser that lets nothing into the clipboard leaves the rest to the keyboard."""
    visitor = visit().signed_in(fresh.admin)
    page = visitor.open(f"/audit/{fresh.put()}")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.get_by_text("Raw JSON").click()
    page.get_by_role("button", name="Copy JSON").click()

    expect(page.get_by_role("button", name="Selected")).to_be_visible()
    assert "changes" in json.loads(page.evaluate("String(getSelection())"))


def test_permalink(dana: Visitor, sample: Sample) -> None:
    """An entry has an address of its own, which shows the same, and which the title names."""
    page = dana.open("/audit?limit=5")
    sentence = dana.sentences[1]
    facts = opened(dana, 1).locator(".facts bdi").all_text_contents()
    details(dana, 1).get_by_role("link", name="Permalink").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(sentence)
    expect(page).to_have_title(re.compile(r"^Schedule changed, entry \d+ · Audit log · Callmine$"))
    assert page.locator(".facts bdi").all_text_contents() == facts
    page.get_by_role("link", name="Audit log").last.click()
    expect(page).to_have_url(re.compile(r"/audit\?limit=5&as_of="))


def test_all_fourteen_types_read_as_sentences(dana: Visitor, sample: Sample) -> None:
    """Every type of the catalog is among the entries, and none shows a hole where a name should be."""
    labels: set[str] = set()
    sentences: list[str] = []
    for offset in range(0, 1000, 200):
        dana.open(f"/audit?limit=200&offset={offset}")
        labels |= set(dana.page.locator("td.action").all_inner_texts())
        sentences += dana.sentences

    assert len(labels) == len(CATALOG)
    assert [
        sentence
        for sentence in sentences
        if "()" in sentence or "  " in sentence or "{" in sentence or sentence.endswith(" ")
    ] == []


def test_an_action_of_a_newer_catalog_is_shown_too(visit: Visit, fresh: Fresh) -> None:
    """What a newer consumer has recorded can be read here, if not in well-chosen words."""
    fresh.put(action="schedule.archived", facets=[], label="Weekly pipeline")
    visitor = visit().signed_in(fresh.admin)
    visitor.open("/audit")

    assert visitor.sentences == ["dana@x.example did schedule.archived to Weekly pipeline"]
    expect(visitor.rows.first.locator("td.happened")).to_have_text(
        re.compile("did schedule.archived to Weekly pipeline")
    )
    expect(visitor.rows.first.locator("td.action")).to_have_text("schedule.archived")
