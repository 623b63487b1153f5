"""Finding: by action and facet, dates, source and actor; what is set is in the address, and is easily taken away."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from catalog.audit_types import CATALOG
from tests.browser.conftest import Count, Fresh, Sample, Visit
from tests.browser.visitor import Visitor

PAUSED = "action = 'schedule.lifecycle_changed' AND 'operation:paused' = ANY (facets)"


def apply(visitor: Visitor) -> None:
    """Sends the form, and waits for what it leads to."""
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Apply").click()


def test_the_dropdown_offers_what_the_catalog_has(dana: Visitor) -> None:
    """Six families with the fourteen types, each followed by its facets; and nothing else."""
    page = dana.open("/audit")
    groups = page.locator("#show optgroup").evaluate_all("found => found.map(each => each.label)")
    labels = page.locator("#show option").all_text_contents()

    assert groups == ["Integrations", "Members", "Billing", "Schedules", "Reports", "Workspace"]
    assert {audit_type.label for audit_type in CATALOG} <= set(labels)
    assert {"Schedule changed · paused", "Report exported · PDF", "All integration changes · Gong"} <= set(labels)
    facets = sum(len(facet.values) for audit_type in CATALOG for facet in audit_type.facets)
    families = 3 + 3  # of integrations, members and billing all of it; of integrations the three providers too
    assert len(labels) == len(set(labels)) == 1 + len(CATALOG) + facets + families


def test_an_action_with_a_facet(dana: Visitor, count: Count) -> None:
    """The paused schedules, and no others, all of them."""
    dana.open("/audit")
    dana.page.get_by_label("Action", exact=True).select_option(label="Schedule changed · paused")
    apply(dana)

    assert dana.total == count(PAUSED) > 50
    assert "action=schedule.lifecycle_changed&facet=operation%3Apaused" in dana.page.url
    assert all(" paused the schedule " in sentence for sentence in dana.sentences)
    expect(dana.page.locator("#show option:checked")).to_have_text("Schedule changed · paused")


def test_a_whole_family(dana: Visitor, count: Count) -> None:
    """All that concerns billing is one choice, and one filter to remove."""
    dana.open("/audit")
    dana.page.get_by_label("Action", exact=True).select_option(label="All billing changes")
    apply(dana)

    assert dana.total == count("action LIKE 'billing.%%'")
    expect(dana.page.locator(".row .chips a")).to_have_text([re.compile("All billing changes"), "Clear all"])
    dana.page.get_by_role("link", name="Remove filter All billing changes").click()
    expect(dana.page).to_have_url(re.compile(r"/audit$"))


def test_dates_that_one_chooses(dana: Visitor, sample: Sample, count: Count) -> None:
    """From the first instant of a day to the last of another, both in UTC."""
    first, last = (sample.now - timedelta(days=30)).date(), (sample.now - timedelta(days=28)).date()
    dana.open("/audit?limit=200")
    dana.page.get_by_label("From").fill(str(first))
    dana.page.locator("#to").fill(str(last))
    apply(dana)

    assert dana.total == count("occurred_at >= %s AND occurred_at < %s::date + 1", first, last) > 20
    days = {time[:10] for time in dana.times}
    assert days == {str(first), str(first + timedelta(days=1)), str(last)}
    assert "limit=200" in dana.page.url


@pytest.mark.parametrize(
    ("name", "last", "days"), [("Last 24 hours", "24h", 1), ("Last 7 days", "7d", 7), ("Last 30 days", "30d", 30)]
)
def test_presets(dana: Visitor, count: Count, name: str, last: str, days: int) -> None:
    """A range in one click, which keeps the other filters, says that it is on, and stays relative: no field shows a time."""
    dana.open("/audit?action=schedule.lifecycle_changed&from=2026-01-01")
    dana.page.get_by_role("link", name=name).click()

    expect(dana.page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "true")
    expect(dana.page).to_have_url(re.compile(rf"/audit\?action=schedule\.lifecycle_changed&last={last}$"))
    expect(dana.page.get_by_label("From")).to_have_value("")
    expect(dana.page.get_by_role("link", name=f"Remove filter {name}")).to_be_visible()
    # The sample ends now; its entries are minutes apart, and the test takes seconds.
    near = count("action = 'schedule.lifecycle_changed' AND occurred_at >= now() - %s * interval '1 day'", days)
    assert abs(dana.total - near) <= 1
    dana.page.get_by_label("Source", exact=True).select_option(label="Web")
    apply(dana)
    expect(dana.page).to_have_url(re.compile(rf"channel=web&last={last}$"))
    dana.page.get_by_label("From").fill("2026-02-01")
    apply(dana)
    expect(dana.page).to_have_url(re.compile(r"channel=web&from=2026-02-01$"))
    dana.page.get_by_role("link", name="All time").click()
    expect(dana.page).to_have_url(re.compile(r"/audit\?action=schedule\.lifecycle_changed&channel=web$"))


@pytest.mark.parametrize(
    ("label", "condition", "words"),
    [
        ("MCP", "source = 'mcp'", r"MCP · (Claude Desktop|claude\.ai|ChatGPT)"),
        ("System", "channel = 'system'", "System"),
        ("API", "channel = 'api'", "API"),
    ],
)
def test_source(dana: Visitor, count: Count, label: str, condition: str, words: str) -> None:
    """Where a change came from; of those by MCP each says by which program."""
    dana.open("/audit")
    dana.page.get_by_label("Source", exact=True).select_option(label=label)
    apply(dana)

    assert dana.total == count(condition) > 0
    assert all(re.fullmatch(words, text) for text in dana.page.locator("td.source").all_inner_texts())
    expect(dana.page.locator("#by option:checked")).to_have_text(label)


def test_actor(dana: Visitor, count: Count) -> None:
    """An address, whole; a part of it is somebody else."""
    dana.open("/audit")
    dana.page.get_by_label("Actor").fill("dana.whitfield@northwind.example")
    apply(dana)
    assert dana.total == count("actor_email = 'dana.whitfield@northwind.example'") > 50
    assert set(dana.page.locator("td.actor").all_inner_texts()) == {"dana.whitfield@northwind.example"}

    dana.page.get_by_label("Actor").fill("dana.whitfield")
    apply(dana)
    assert dana.total == 0


def test_all_filters_at_once_and_one_less(dana: Visitor, count: Count) -> None:
    """Filters narrow each other; each has a chip that takes it away, and the form shows what is set."""
    dana.open("/audit")
    dana.page.get_by_label("Action", exact=True).select_option(label="Schedule changed · paused")
    dana.page.get_by_label("Actor").fill("dana.whitfield@northwind.example")
    dana.page.get_by_label("Source", exact=True).select_option(label="MCP")
    apply(dana)
    both = f"{PAUSED} AND actor_email = 'dana.whitfield@northwind.example'"
    assert 0 < dana.total == count(f"{both} AND source = 'mcp'") < count(both)

    dana.page.get_by_role("link", name="Remove filter Source: MCP").click()
    expect(dana.page.locator("#by option:checked")).to_have_text("Any")
    assert dana.total == count(both)
    dana.page.get_by_role("link", name="Clear all").click()
    assert dana.total == count()


def test_back_keeps_the_filters(dana: Visitor) -> None:
    """From an entry, and from another page, the browser's back button leads to the list as it was."""
    dana.open("/audit")
    dana.page.get_by_label("Action", exact=True).select_option(label="Report exported")
    apply(dana)
    was, total = dana.page.url, dana.total
    dana.page.get_by_role("link", name="Next").click()
    expect(dana.page.locator("#page")).to_have_value("2")
    dana.page.go_back()

    expect(dana.page).to_have_url(was)
    expect(dana.page.locator("#show option:checked")).to_have_text("Report exported")
    assert dana.total == total
    dana.rows.first.locator("td.when").click()
    dana.page.get_by_role("link", name="Permalink").click()
    expect(dana.page).to_have_url(re.compile(r"/audit/\d+\?"))
    dana.page.go_back()
    expect(dana.page).to_have_url(was)


def test_an_entry_leads_back_to_where_it_was_opened(dana: Visitor, count: Count) -> None:
    """Filters, page and moment: the link at the top of an entry keeps them, whatever was recorded meanwhile."""
    dana.open("/audit?action=report.exported&limit=10&offset=20")
    before, total = dana.times, dana.total
    dana.rows.first.locator("td.when").click()
    dana.page.get_by_role("link", name="Permalink").click()
    expect(dana.page.get_by_role("heading", level=1)).to_contain_text("exported the report")
    dana.page.locator(".back a").click()

    expect(dana.page.locator("#page")).to_have_value("3")
    expect(dana.page).to_have_url(re.compile(r"action=report\.exported&limit=10&offset=20&as_of="))
    assert (dana.times, dana.total) == (before, total)


@pytest.mark.parametrize(
    "query", ["foo=1", "limit=0", "action=none", "%ff=1", "as_of=1&cursor=x", "from=2026-01-02&to=2026-01-01"]
)
def test_an_entry_whose_way_back_makes_no_sense_leads_to_the_list(visit: Visit, fresh: Fresh, query: str) -> None:
    """An address that someone made up never breaks the entry, and never leads elsewhere."""
    page = visit().signed_in(fresh.admin).open(f"/audit/{fresh.put()}?{query}")

    expect(page.locator(".back a")).to_have_attribute("href", "/audit")


def test_a_choice_that_only_an_address_can_make_is_kept(dana: Visitor, count: Count) -> None:
    """Two actions are no line of the dropdown; they are shown there all the same, and survive another filter."""
    dana.open("/audit?action=member.added&action=member.removed")
    expect(dana.page.locator("#show option:checked")).to_have_text("Member added, Member removed")
    dana.page.get_by_label("Source", exact=True).select_option(label="Web")
    apply(dana)

    assert dana.total == count("action IN ('member.added', 'member.removed') AND channel = 'web'")


def test_going_back_shows_the_filters_of_that_list(dana: Visitor) -> None:
    """A browser would fill the form in again with what was chosen later, for a list that it is not of."""
    page = dana.open("/audit?source=mcp&limit=5")
    page.get_by_label("Action", exact=True).select_option(label="Schedule changed · paused")
    page.get_by_label("Source").select_option(label="Web")
    apply(dana)
    page.get_by_text("Several actions").click()
    page.get_by_label("Member added").check()
    apply(dana)
    for _ in range(2):
        page.go_back()

    expect(page).to_have_url(re.compile(r"source=mcp&limit=5$"))
    expect(page.locator("#show option:checked")).to_have_text("All actions")
    expect(page.get_by_label("Source")).to_have_value("mcp")
    expect(page.locator(".several input:checked")).to_have_count(0)


def test_nothing_matches(dana: Visitor, count: Count) -> None:
    """An empty list says why it is empty, and offers to take each filter away, or all."""
    dana.open("/audit?action=member.removed&actor=nobody%40x.example")
    expect(dana.page.get_by_role("heading", name="No matching entries")).to_be_visible()
    expect(dana.page.locator(".empty .chips a")).to_have_count(2)
    dana.page.locator(".empty").get_by_role("link", name="Remove filter Actor: nobody@x.example").click()
    assert dana.total == count("action = 'member.removed'")

    dana.page.go_back()
    dana.page.get_by_role("link", name="Clear all filters").click()
    assert dana.total == count()


def test_nothing_yet(visit: Visit, fresh: Fresh) -> None:
    """A workspace in which nothing has happened says what will appear."""
    visitor = visit().signed_in(fresh.admin)
    page = visitor.open("/audit")

    expect(page.get_by_role("heading", name="No entries yet")).to_be_visible()
    expect(page.get_by_role("link", name="Clear all")).to_have_count(0)


def test_filters_that_contradict_each_other(dana: Visitor, count: Count) -> None:
    """What is wrong is named and marked, what is right is kept, and mending it leads on."""
    page = dana.open("/audit?action=member.removed&from=2026-11-20&to=2026-11-01", 422)
    expect(page.get_by_role("alert")).to_contain_text("from is later than to")
    expect(page.get_by_label("From")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("From")).to_have_value("2026-11-20")
    expect(page.locator("#show option:checked")).to_have_text("Member removed")
    page.get_by_label("From").fill("2026-01-01")
    page.locator("#to").fill("")
    apply(dana)

    assert dana.total == count("action = 'member.removed'")


@pytest.mark.parametrize("query", ["limit=0", "color=red", "from=soon", "action=member.promoted", "as_of=yesterday"])
def test_an_invalid_query_is_reported(dana: Visitor, query: str) -> None:
    """An address that someone mistyped names the parameter and the way back."""
    page = dana.open(f"/audit?{query}", 422)

    expect(page.get_by_role("alert")).to_contain_text(query.partition("=")[0])
    page.get_by_role("link", name="start again without filters").click()
    expect(dana.rows).to_have_count(50)
