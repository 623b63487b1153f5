"""What the description of the API says of a list is what a list does."""

from catalog import shortened
from reader.http.json_schemas import schemas


def test_a_listed_entry_says_that_long_texts_are_shortened() -> None:
    """By the sizes from which on, and where the whole is."""
    described = schemas()["ListedEntry"]["description"]

    for size in (shortened.NAME_BYTES, shortened.FACET_BYTES, shortened.MAX_FACETS):
        assert f" {size} " in described
    assert "own address has it whole" in described
    assert "description" not in schemas()["Entry"]
