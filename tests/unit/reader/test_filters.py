"""The query string: what is understood comes back the same, and nothing else is guessed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.audit_types import CATALOG
from reader.model import Query, Selection
from reader.query.filters import CHANNELS, RANGES, InvalidQuery, decode_pairs, parse, to_pairs
from reader.query.searched_text import fold_case, name_of_actor, without_edges
from reader.query.snapshot import Snapshot

WORDS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)
DATES = st.dates(datetime(2000, 1, 1).date(), datetime(2049, 1, 1).date()).map(str)  # noqa: DTZ001 dates only
LATER = st.datetimes(datetime(2050, 1, 1), datetime(2100, 12, 31)).map(lambda at: at.isoformat() + "Z")  # noqa: DTZ001
PAIRS = st.tuples(
    st.lists(st.tuples(st.just("action"), st.sampled_from([audit_type.name for audit_type in CATALOG])), max_size=3),
    st.lists(st.tuples(st.just("facet"), WORDS), max_size=3),
    st.lists(st.tuples(st.just("channel"), st.sampled_from(CHANNELS)), max_size=1),
    st.lists(st.tuples(st.just("source"), st.just("mcp")), max_size=1),
    st.lists(st.tuples(st.just("actor"), WORDS), max_size=1),
    st.lists(st.tuples(st.just("subject"), WORDS), max_size=1),
    st.one_of(
        st.lists(st.tuples(st.just("last"), st.sampled_from(tuple(RANGES))), max_size=1),
        st.tuples(st.tuples(st.just("from"), DATES), st.tuples(st.just("to"), LATER)),
    ),
    st.lists(st.tuples(st.just("limit"), st.integers(1, 200).map(str)), max_size=1),
    st.lists(st.tuples(st.just("offset"), st.integers(0, 999_999_999).map(str)), max_size=1),
    st.lists(st.tuples(st.just("as_of"), WORDS), max_size=1),
).map(lambda groups: [pair for group in groups for pair in group])


@given(PAIRS)
def test_a_link_asks_for_what_was_asked(pairs: list[tuple[str, str]]) -> None:
    """The parameters of a query give that query again, also through a real query string."""
    query = parse(pairs)

    assert parse(to_pairs(query)) == query
    assert parse(decode_pairs(urlencode(pairs).encode())) == query


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=12)), max_size=6))
def test_anything_else_is_refused_by_name(pairs: list[tuple[str, str]]) -> None:
    """Whatever is sent gives a query or InvalidQuery that names parameters; never another error."""
    try:
        parse(pairs)
    except InvalidQuery as invalid:
        assert invalid.errors
        assert {problem.parameter for problem in invalid.errors} <= {name[:60] for name, _ in pairs}


@given(st.binary(max_size=40))
def test_any_bytes_are_a_query_string_or_not(query_string: bytes) -> None:
    """Bytes that are no UTF-8 behind their percent signs are refused as a whole."""
    try:
        decode_pairs(query_string)
    except InvalidQuery as invalid:
        assert [problem.parameter for problem in invalid.errors] == ["query"]


def test_all_that_is_wrong_is_named_at_once() -> None:
    """All errors of a query are reported at once."""
    with pytest.raises(InvalidQuery) as caught:
        parse([("limit", "0"), ("from", "x"), ("foo", ""), ("source", "web"), ("actor", "a\0")])

    assert {problem.parameter for problem in caught.value.errors} == {"limit", "from", "foo", "source", "actor"}


def test_a_date_in_to_includes_its_day() -> None:
    """`to` is exclusive as a time, and as a date ends with the day; one day from and to is that day."""
    selection = parse([("from", "2026-11-22"), ("to", "2026-11-22")]).selection

    assert selection.since is not None
    assert selection.before is not None
    assert selection.before.at - selection.since.at == timedelta(days=1)
    moment = parse([("to", "2026-11-22T12:00:00.1234567+02:00")]).selection.before
    assert moment is not None
    assert moment.at == datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)
    with pytest.raises(InvalidQuery, match="later"):
        parse([("from", "2026-11-23"), ("to", "2026-11-22")])


@given(WORDS, st.text(" \t\n\u00a0\u2003\u3000\u200b\ufeff", max_size=3))
def test_blanks_around_a_name_are_cut(name: str, blanks: str) -> None:
    """Of every kind, before and after; a name that is nothing else is absent; what was cut once is cut for good."""
    selection = parse([("actor", blanks + name + blanks), ("subject", name + blanks)]).selection

    assert selection.subject == (without_edges(name) or None)
    assert selection.actor == (name_of_actor(name) or None)
    assert parse([("actor", selection.actor or "")]).selection.actor == selection.actor


@pytest.mark.parametrize(
    "unseen", "\u200e\u200f\u202a\u202c\u2068\u2069\u00ad\u200c\u200d\u2060\u3164\u2800\ufe0f\u061c"
)
def test_marks_that_nobody_sees_are_cut(unseen: str) -> None:
    """What is copied from a page or a mail often has marks of direction around it."""
    pairs = [("actor", f"{unseen} a@x.example{unseen}"), ("subject", f"sch_1 {unseen}")]

    assert parse(pairs).selection == Selection(actor="a@x.example", subject="sch_1")


def test_only_an_address_has_a_plus_for_a_blank() -> None:
    """A blank inside an e-mail address was a plus that nobody encoded; an id keeps what it has."""
    assert parse(decode_pairs(b"actor=dana+test@x.example")).selection.actor == "dana+test@x.example"
    assert parse(decode_pairs(b"actor=some+id&subject=a+b@c")).selection == Selection(actor="some id", subject="a b@c")


@pytest.mark.parametrize("name", ["actor", "subject", "facet"])
def test_a_text_ends_at_255_bytes(name: str) -> None:
    """Bytes of UTF-8, as in the table; the blanks around it do not count."""
    parse([(name, "é" * 127 + "a")])
    with pytest.raises(InvalidQuery, match=f"{name}: is longer than 255 bytes"):
        parse([(name, "é" * 128)])
    if name != "facet":
        parse([(name, " " * 300 + "a")])


def test_a_relative_range_is_no_other_range() -> None:
    """`last` beside `from` or `to` is refused, and a query with it stays relative."""
    assert to_pairs(parse([("last", "7d")])) == [("last", "7d")]
    for other in ("from", "to"):
        with pytest.raises(InvalidQuery, match="last: cannot be combined"):
            parse([("last", "7d"), (other, "2026-01-01")])


def test_empty_is_absent() -> None:
    """A form sends its empty fields too."""
    assert parse([("action", ""), ("from", ""), ("limit", ""), ("cursor", "")]) == Query()


def test_what_is_blank_is_absent() -> None:
    """Of a text, and so it does not count. A facet is matched as a service sent it, blanks included."""
    blank = [("actor", " "), ("subject", "\u00a0")]

    assert parse(blank) == Query()
    assert parse([*blank, ("actor", "a"), ("subject", "b")]).selection == Selection(actor="a", subject="b")
    assert parse([("facet", "provider:gong ")]).selection.facets == ("provider:gong ",)


@given(
    st.integers(0, 4 * 10**15),
    st.integers(1, 2**62).filter(lambda xid: 0 < xid % 2**32 < 2**32 - 3 * 10**6),
    st.lists(st.integers(0, 10**6), unique=True, max_size=5).map(sorted),
    st.integers(0, 10**6),
)
def test_a_snapshot_comes_back_from_its_text(microseconds: int, low: int, above: list[int], wide: int) -> None:
    """What a client gives back is what it got."""
    running = tuple(low + distance for distance in above)
    high = max([low + wide, *(distance + 1 for distance in running)])
    snapshot = Snapshot(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds), low, high, running)

    assert Snapshot.parse(snapshot.as_of) == snapshot
    assert Snapshot.from_postgres(snapshot.time, snapshot.pg_snapshot) == snapshot


def test_letters_of_two_cases_find_each_other() -> None:
    """By what is searched for alone, outside ASCII too; but a letter of ASCII finds only ASCII, as in a domain's name."""
    for upper in map(chr, range(0xC0, 0x590)):
        lower = upper.lower()
        if lower == upper or len(lower) > 1:
            continue
        for searched, stored in ((upper, lower), (lower, upper)):
            folded = fold_case(searched)
            assert stored.translate(str.maketrans(folded.letters, folded.folds)) == folded.folded
    assert fold_case("Kim@X.example") == ("kim@x.example", "", "")
    assert fold_case("\u212aim") == ("\u212aim", "", "")
    assert fold_case("\u03a3\u03b1\u03c2").folded == fold_case("\u03c3\u03b1\u03c3").folded
