"""The mutations of tests/mutants.py fit the source; whether tests notice them is what `make mutants` runs."""

import pytest

from tests.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_edit_fits_one_place(mutant: Mutant) -> None:
    """What an edit replaces occurs exactly once in its file, after the edits before it."""
    texts = {edit.file: (ROOT / edit.file).read_text(encoding="utf-8") for edit in mutant.edits}
    for edit in mutant.edits:
        assert texts[edit.file].count(edit.old) == 1, edit.old
        texts[edit.file] = texts[edit.file].replace(edit.old, edit.new)


def test_names_are_distinct() -> None:
    """A mutation can be asked for by its name."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
