"""The form and the links around it: what they lead to is what was chosen, said in the least that says it."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.audit_types import CATALOG
from reader.html import filter_form, links
from reader.model import Listing, Query, Selection
from reader.query.filters import CHANNELS, parse

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
ACTIONS = [audit_type.name for audit_type in CATALOG]
SELECTIONS = st.builds(
    Selection,
    actions=st.lists(st.sampled_from(ACTIONS), unique=True, max_size=4).map(tuple),
    facets=st.lists(st.text(min_size=1, max_size=9).filter(lambda text: "\0" not in text), unique=True, max_size=2).map(
        tuple
    ),
    source=st.sampled_from((None, "mcp")),
    # `channel=mcp` is the same entries as `source=mcp`, which is what the form makes of it.
    channel=st.sampled_from((None, *(channel for channel in CHANNELS if channel != "mcp"))),
    actor=st.none() | st.text(min_size=1, max_size=9).filter(lambda text: "\0" not in text),
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
    fields = filter_form.fields({"actor": selection.actor or ""})
    sent = [
        *filter_form.hidden_fields(selection, limit),
        ("show", chosen[0] if chosen else ""),
        ("by", filter_form.chosen_source(selection)),
        *((name, field.value) for name, field in fields.items()),
    ]
    led = parse(pairs(filter_form.list_address(sent)))

    assert len(chosen) == bool(selection.actions or selection.facets)
    assert (led.selection, led.limit) == (selection, limit)


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
        ([("page", "3"), ("as_of", "x")], "/audit?offset=100&as_of=x"),
        ([("page", "3"), ("limit", "20")], "/audit?limit=20&offset=40"),
        ([("page", "1")], "/audit?offset=0"),
        ([("page", "0")], "/audit?offset=0"),
        ([("page", "two")], "/audit?offset=two"),
        ([("page", "3"), ("limit", "many")], "/audit?limit=many&offset=100"),
        ([("colour", "red")], "/audit?colour=red"),
    ],
)
def test_where_a_form_leads(sent: list[tuple[str, str]], path: str) -> None:
    """Empty fields are left out; what is invalid_fields goes along, and is refused where it leads."""
    assert filter_form.list_address(sent) == path


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


def test_presets_keep_the_other_filters_and_know_where_one_is() -> None:
    """Each preset sets `from` alone; the one that was followed is current for as long as it is about right."""
    query = Query(Selection(actions=("member.removed",)))
    urls = {link.label: link.url for link in links.presets(query, NOW)}
    assert urls == {
        "24 h": "/audit?action=member.removed&from=2026-11-23T06%3A30%3A00Z",
        "7 d": "/audit?action=member.removed&from=2026-11-17",
        "30 d": "/audit?action=member.removed&from=2026-10-25",
        "All time": "/audit?action=member.removed",
    }

    for label, url in urls.items():
        followed = links.presets(parse(pairs(url)), NOW)
        assert [link.label for link in followed if link.current] == [label]
    custom = links.presets(parse([("from", "2026-11-03"), ("to", "2026-11-04")]), NOW)
    assert [link for link in custom if link.current] == []


@pytest.mark.parametrize(
    ("total", "offset", "number", "last", "onward"),
    [(0, 0, 1, 1, ""), (50, 0, 1, 1, ""), (51, 0, 1, 2, "50"), (130, 50, 2, 3, "100"), (130, 100, 3, 3, "")],
)
def test_pages(total: int, offset: int, number: int, last: int, onward: str) -> None:
    """Where one is, how many there are, and the next one, as of the same moment."""
    listing = Listing(
        query=Query(offset=offset),
        entries=(),
        total=total,
        as_of="then",
        as_of_time=NOW,
        newer=0,
        complete_through=None,
        next_cursor=None,
    )
    made = links.pagination(listing)

    assert (made.number, made.last) == (number, last)
    assert dict(pairs(made.next_url)).get("offset", "") == onward
    assert {dict(pairs(url))["as_of"] for url in (made.first_url, made.next_url, made.last_url) if url} <= {"then"}
    assert (made.previous_url == "") == (number == 1)
    assert "as_of" not in made.refresh_url
