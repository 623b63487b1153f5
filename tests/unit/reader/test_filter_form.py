"""The form and the links around it: what they lead to is what was chosen, said in the least that says it."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.audit_types import CATALOG
from reader.html import filter_form, links
from reader.model import Listing, Query, Selection
from reader.query.filters import CHANNELS, RANGES, parse
from reader.query.searched_text import name_of_actor, without_edges

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
ACTIONS = [audit_type.name for audit_type in CATALOG]
SEARCHED = st.text(min_size=1, max_size=9).filter(lambda text: "\0" not in text and name_of_actor(text) == text)
SELECTIONS = st.builds(
    Selection,
    actions=st.lists(st.sampled_from(ACTIONS), unique=True, max_size=4).map(tuple),
    facets=st.lists(st.text(min_size=1, max_size=9).filter(lambda text: "\0" not in text), unique=True, max_size=2).map(
        tuple
    ),
    source=st.sampled_from((None, "mcp")),
    # `channel=mcp` is the same entries as `source=mcp`, which is what the form makes of it.
    channel=st.sampled_from((None, *(channel for channel in CHANNELS if channel != "mcp"))),
    actor=st.none() | SEARCHED,
    subject=st.none() | st.text(min_size=1, max_size=9).filter(lambda t: "\0" not in t and without_edges(t) == t),
    last=st.sampled_from((None, *RANGES)),
)


def pairs(url: str) -> list[tuple[str, str]]:
    """The parameters of a link."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


@given(SELECTIONS, st.sampled_from((50, 7)))
def test_a_form_that_is_sent_as_it_is_changes_nothing(selection: Selection, limit: int) -> None:
    """Whatever is set, the form says so, and Apply leads to the same list."""
    chosen = [
        option.value for group in filter_form.action_groups(selection) for option in group.options if option.chosen
    ]
    fields = filter_form.fields({"actor": selection.actor or "", "subject": selection.subject or ""})
    ticked = [option.value for group in filter_form.ticks(selection) for option in group.options if option.chosen]
    sent = [
        *filter_form.hidden_fields(selection, limit),
        ("show", chosen[0] if chosen else ""),
        *(("action", name) for name in ticked),
        ("by", filter_form.chosen_source(selection)),
        *((name, field.value) for name, field in fields.items()),
    ]
    led = parse(pairs(filter_form.list_address(sent)))

    assert len(chosen) == bool(selection.actions or selection.facets)
    assert (replace(led.selection, actions=()), led.limit) == (replace(selection, actions=()), limit)
    assert sorted(led.selection.actions) == sorted(selection.actions)


def test_a_change_by_mcp_is_asked_for_once() -> None:
    """`channel=mcp` and `source=mcp` are the same entries; whichever of them was given, the form asks for the source."""
    for selection in (Selection(source="mcp"), Selection(channel="mcp"), Selection(source="mcp", channel="mcp")):
        assert (
            filter_form.list_address(
                [*filter_form.hidden_fields(selection, 50), ("by", filter_form.chosen_source(selection))]
            )
            == "/audit?source=mcp"
        )


@pytest.mark.parametrize(
    ("value", "kind"),
    [("", "date"), ("2026-11-01", "date"), ("2026-11-31", "text"), ("2026-11-01T08:00:00Z", "text"), ("soon", "text")],
)
def test_what_a_browser_cannot_show_as_a_date_is_shown_as_text(value: str, kind: str) -> None:
    """A date input would show a time, or what is no date, as nothing, and lose it."""
    assert filter_form.fields({"from": value})["from"] == filter_form.FieldValue(value, kind)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ([("show", ""), ("by", ""), ("from", ""), ("actor", "")], "/audit"),
        ([("by", "mcp")], "/audit?source=mcp"),
        ([("by", "api"), ("limit", "20")], "/audit?channel=api&limit=20"),
        ([("actor", " a@x.example\u00a0"), ("subject", "\ufeffsch_1 ")], "/audit?actor=a%40x.example&subject=sch_1"),
        ([("actor", "   ")], "/audit"),
        ([("show", ""), ("last", "24h"), ("from", "")], "/audit?last=24h"),
        ([("last", "24h"), ("from", "2026-11-01"), ("to", "")], "/audit?from=2026-11-01"),
        ([("last", "7d"), ("from", ""), ("to", "2026-11-01")], "/audit?to=2026-11-01"),
        ([("show", ""), ("action", "a"), ("action", "b")], "/audit?action=a&action=b"),
        ([("show", "action=a"), ("action", "b")], "/audit?action=a&action=b"),
        ([("several", "1"), ("show", "several=1"), ("action", "a"), ("action", "b")], "/audit?action=a&action=b"),
        ([("several", "1"), ("show", "several=1&facet=f"), ("action", "a")], "/audit?action=a&facet=f"),
        ([("several", "1"), ("show", ""), ("action", "a"), ("action", "b")], "/audit"),
        ([("page", "3"), ("as_of", "x")], "/audit?offset=100&as_of=x"),
        ([("page", "3"), ("limit", "20")], "/audit?limit=20&offset=40"),
        ([("page", "1")], "/audit?offset=0"),
        ([("page", "0")], "/audit?offset=0"),
        ([("page", "two")], "/audit?offset=two"),
        ([("page", "5000001"), ("limit", "200")], "/audit?limit=200&offset=999999800"),
        ([("page", "9" * 5000)], "/audit?offset=999999950"),
        ([("page", "20000000")], "/audit?offset=999999950"),
        ([("page", "3"), ("limit", "0")], "/audit?limit=0&offset=100"),
        ([("page", "3"), ("limit", "many")], "/audit?limit=many&offset=100"),
        ([("page", "2"), ("limit", "0001" + "1" * 4400)], f"/audit?limit=0001{'1' * 4400}&offset=50"),
        ([("page", "2"), ("limit", "00019999")], "/audit?limit=00019999&offset=50"),
        ([("page", "2"), ("limit", "000000020")], "/audit?limit=000000020&offset=20"),
        ([("page", "3"), ("limit", "\u0662")], "/audit?limit=%D9%A2&offset=100"),
        ([("page", "0" * 5000 + "2")], "/audit?offset=50"),
        ([("page", "\u0662")], "/audit?offset=%D9%A2"),
        ([("page", "2\n")], "/audit?offset=2%0A"),
        ([("color", "red")], "/audit?color=red"),
    ],
)
def test_where_a_form_leads(sent: list[tuple[str, str]], path: str) -> None:
    """Empty fields are left out; what is invalid_fields goes along, and is refused where it leads."""
    assert filter_form.list_address(sent) == path


@pytest.mark.parametrize(
    ("facets", "label"),
    [
        (("operation:paused\u200b",), "operation: paused[U+200B]"),
        (("\u202eabc",), "[U+202E]abc"),
        (("a",), "a"),
        (("a:",), "a: "),
        (("provider:gong", "\u00b7"), "Provider: Gong · \u00b7"),
    ],
)
def test_a_facet_that_only_an_address_has_is_shown(facets: tuple[str, ...], label: str) -> None:
    """In the dropdown, where nothing is invisible, and no colon is shown that is not there."""
    groups = filter_form.action_groups(Selection(facets=facets))

    assert [option.label for option in groups[0].options] == [label]


def test_the_whole_of_a_family_is_one_choice_and_one_chip() -> None:
    """Four billing types are one line of the dropdown, and one link takes them away."""
    billing = tuple(name for name in ACTIONS if name.startswith("billing."))
    query = Query(Selection(actions=billing, source="mcp"))
    chosen = [
        option.label
        for group in filter_form.action_groups(query.selection)
        for option in group.options
        if option.chosen
    ]

    assert chosen == ["All billing changes"]
    assert [(chip.label, chip.url) for chip in links.chips(query)] == [
        ("All billing changes", "/audit?source=mcp"),
        ("Source: MCP", "/audit?" + "&".join(f"action={name}" for name in billing)),
    ]


@given(st.permutations([name for name in ACTIONS if name.startswith("member.")]))
def test_a_choice_is_the_same_in_any_order(names: list[str]) -> None:
    """The dropdown and the chip call it the same; nobody chose an order."""
    selection = Selection(actions=tuple(names))
    groups = filter_form.action_groups(selection)

    assert not filter_form.is_several(selection)
    assert [option.label for group in groups for option in group.options if option.chosen] == ["All member changes"]
    assert [chip.label for chip in links.chips(Query(selection))] == ["All member changes"]
    assert filter_form.hidden_fields(selection, 50) == []


def test_presets_keep_the_other_filters_and_stay_relative() -> None:
    """Each preset is a `last` and no time, whatever range there was; the one that was followed is current for good."""
    query = Query(Selection(actions=("member.removed",)))
    urls = {link.label: link.url for link in links.presets(query)}
    assert urls == {
        "24 h": "/audit?action=member.removed&last=24h",
        "7 d": "/audit?action=member.removed&last=7d",
        "30 d": "/audit?action=member.removed&last=30d",
        "All time": "/audit?action=member.removed",
    }

    for label, url in urls.items():
        followed = links.presets(parse(pairs(url)))
        assert [link.label for link in followed if link.current] == [label]
        assert {link.url for link in followed} == set(urls.values())
    custom = links.presets(parse([("from", "2026-11-03"), ("to", "2026-11-04")]))
    assert [link for link in custom if link.current] == []
    assert {dict(pairs(link.url)).get("from") for link in custom} == {None}


def listing_at(query: Query, total: int) -> Listing:
    """The page of a list of so many entries, which are nothing but their places in it."""
    return Listing(
        query=query,
        entries=tuple(range(total)[query.offset : query.offset + query.limit]),  # type: ignore[arg-type]
        total=total,
        as_of="then",
        as_of_time=NOW,
        newer=0,
        complete_through=None,
        sealed_through=None,
        next_cursor=None,
    )


@given(total=st.integers(0, 40), offset=st.integers(0, 60), limit=st.integers(1, 9))
def test_every_entry_can_be_reached_from_every_address(total: int, offset: int, limit: int) -> None:
    """By Previous and by Next, one after the other, also where an address begins within a page or past the end."""
    start = Query(limit=limit, offset=offset)
    reached = set(listing_at(start, total).entries)
    for name in ("previous_url", "next_url"):
        query = start
        for _ in range(total + offset + 2):
            url = getattr(links.pagination(listing_at(query, total)), name)
            if not url:
                break
            query = Query(limit=limit, offset=int(dict(pairs(url)).get("offset", 0)))
            reached |= set(listing_at(query, total).entries)
        else:
            raise AssertionError("it leads nowhere")
    pages = links.pagination(listing_at(start, total))

    assert sorted(map(str, reached)) == sorted(map(str, range(total)))
    assert bool(pages.first_url) == (offset > 0)
    assert bool(pages.last_url) == (offset + limit < total)
    if offset < total:
        assert (pages.number - 1) * limit <= offset < pages.number * limit
        assert (pages.until - 1) * limit < pages.last_shown <= pages.until * limit


@pytest.mark.parametrize(
    ("total", "offset", "number", "last", "onward"),
    [(0, 0, 1, 1, ""), (50, 0, 1, 1, ""), (51, 0, 1, 2, "50"), (130, 50, 2, 3, "100"), (130, 100, 3, 3, "")],
)
def test_pages(total: int, offset: int, number: int, last: int, onward: str) -> None:
    """Where one is, how many there are, and the next one, as of the same moment."""
    pages = links.pagination(listing_at(Query(offset=offset), total))

    assert (pages.number, pages.last) == (number, last)
    assert dict(pairs(pages.next_url)).get("offset", "") == onward
    assert {dict(pairs(url))["as_of"] for url in (pages.first_url, pages.next_url, pages.last_url) if url} <= {"then"}
    assert (pages.previous_url == "") == (number == 1)
    assert "as_of" not in pages.refresh_url
    assert dict(pairs(pages.permanent_url))["as_of"] == "then"
    assert pages.json_url == pages.permanent_url.replace("/audit", "/audit/json", 1)
