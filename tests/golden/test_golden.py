"""Every example becomes exactly what its golden file says."""

import pytest

from tests.golden.outcome import FOLDER, golden

EXPECTED = {str(path.relative_to(FOLDER)): text for path, text in golden().items()}
STORED = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in FOLDER.glob("*.v*/*")}


@pytest.mark.parametrize("name", EXPECTED)
def test_example_becomes_its_golden_outcome(name: str) -> None:
    """The outcome of an example is the one that a person has read; `make golden` writes it again."""
    assert name in STORED, "no golden file"

    assert EXPECTED[name] == STORED[name]


def test_no_golden_file_is_left_over() -> None:
    """A golden file without an example says nothing of the program any more."""
    assert STORED.keys() == EXPECTED.keys()
