"""A link to what an entry shares with others leads to exactly these, or there is none."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.visible_text import visible
from reader.html import pages
from reader.html.row_links import SharedValues, lists, shared_values
from reader.model import Entry, Listing, Query, Selection, Viewer
from reader.query.filters import MAX_TEXT_BYTES, parse
from reader.query.position import MAX_FILTER_BYTES, parse_position
from tests.unit.reader.test_shown_names import entry

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
VIEWER = Viewer("user_1", "sess_1", "org_1", "acme", None)
NO_FILTERS = [" ", "user_1 ", " user_1", "billing\u200b", "\u200b", "\u2800", "user_1\n", "a b@x.example"]
TEXTS = st.text(st.sampled_from("aé@.+ \n\u200b\u00a0\u202e[U+200B]"), min_size=1, max_size=12)


def pairs(url: str) -> list[tuple[str, str]]:
    """The parameters of a link."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def list_page(shown: Entry) -> str:
    """The list of this entry alone."""
    listing = Listing(
        query=Query(), entries=(shown,), total=1, as_of="then", as_of_time=NOW, newer=0, complete_through=NOW,
        sealed_through=None, next_cursor=None,
    )  # fmt: skip
    return pages.render_list(VIEWER, listing, NOW, None)


def entry_page(shown: Entry) -> str:
    """The page of this entry."""
    return pages.render_entry(VIEWER, shown, [], NOW, None)


@pytest.mark.parametrize("actor_id", NO_FILTERS)
@pytest.mark.parametrize("email", [None, " ", "dana\u200b@x.example"])
def test_an_actor_whom_no_filter_finds_has_no_link(actor_id: str, email: str | None) -> None:
    """What is cut from the id in a filter would find everything, or another actor."""
    blanked = entry(actor_id=actor_id, actor_email=email, actor_type="system")

    assert shared_values(blanked).actor == lists(Query(), blanked).actor == ""
    assert "Only this actor" not in entry_page(blanked)
    assert 'class="actor" data-actor=""' in list_page(
        blanked
    )  # so that the script does not take the name that is shown


def test_an_actor_who_is_shown_by_the_text_of_the_filter_has_nothing_else() -> None:
    """A page has fifty of them, and the script takes the name that is shown."""
    plain = entry(actor_email="dana@x.example")

    assert "data-actor" not in list_page(plain)
    assert 'href="/audit?actor=dana%40x.example">Only this actor' in entry_page(plain)
    assert 'data-actor="user_1"' in list_page(entry(actor_email="dana@x.example\u200b"))


@given(TEXTS, TEXTS | st.none(), TEXTS)
def test_a_link_asks_for_exactly_what_the_entry_has(actor_id: str, email: str | None, subject: str) -> None:
    """The list that it leads to is that of the actor's id or address, and of the subject's id."""
    shown = entry(actor_id=actor_id, actor_email=email, subject_id=subject)
    links = lists(Query(), shown)

    if links.actor:
        assert parse(pairs(links.actor)).selection.actor in {actor_id, email}
    if links.subject:
        assert parse(pairs(links.subject)).selection.subject == subject


@pytest.mark.parametrize("known", ["web", "api", "mcp", "system", "unknown"])
def test_a_source_that_a_filter_takes_has_a_link(known: str) -> None:
    """Each channel of this version."""
    assert pairs(lists(Query(), entry(channel=known)).source) == [("channel", known)]


def test_a_source_of_another_version_has_no_link() -> None:
    """The list refuses it, so nothing leads there; it is shown."""
    other = entry(channel="carrier_pigeon")

    assert shared_values(other).source == lists(Query(), other).source == ""
    assert "Only this source" not in entry_page(other)
    assert "carrier_pigeon" in entry_page(other)
    assert 'data-source=""' in list_page(other)
    assert "Only this source" in entry_page(entry())


def test_a_list_whose_filters_leave_no_room_has_no_links_with_one_more() -> None:
    """The list would refuse them as too long."""
    facets = tuple(f"{number:0{MAX_TEXT_BYTES}}" for number in range(MAX_FILTER_BYTES // (MAX_TEXT_BYTES + 7)))
    query = Query(Selection(facets=facets))
    parse_position(query)

    links = lists(query, entry(actor_id="\u1ee5" * 80, subject_id="\u1ee5" * 80))

    assert (links.actor, links.subject) == ("", "")
    assert parse(pairs(links.action)).selection == Selection(actions=("schedule.lifecycle_changed",))


def test_all_else_is_as_it_was() -> None:
    """An id with a mark inside is a filter as it is."""
    assert shared_values(entry(actor_id="us\u200ber")) == SharedValues(
        "us\u200ber", "sch_1", "schedule.lifecycle_changed", "web"
    )
    assert visible("us\u200ber") in entry_page(entry(actor_id="us\u200ber"))
