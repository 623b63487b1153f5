"""Names and facets of any length in a sentence."""

from hypothesis import given
from hypothesis import strategies as st

from catalog import shortened

LONG = st.text(st.sampled_from("aé\u20ac\U0001f600\x01"), max_size=600)


@given(LONG)
def test_what_was_shortened_stays_as_it_is(text: str) -> None:
    """A list has a name shortened by the database, and makes the sentence that the whole entry has."""
    once = shortened.name(text)

    assert shortened.name(once) == once
    assert once == text or shortened.may_be_cut(once)
    assert once == text or (len(text.encode()) > shortened.NAME_BYTES and len(once) == shortened.NAME_KEPT + 1)


@given(st.lists(LONG, max_size=12))
def test_so_do_facets(texts: list[str]) -> None:
    """Each of them, and how many there are."""
    once = shortened.facets(texts)

    assert shortened.facets(once) == once
    assert len(once) == min(len(texts), shortened.MAX_FACETS)
