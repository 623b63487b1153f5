"""The mutants of tests/mutants.py fit the source: whoever renames what one quotes learns it from `make unit`."""

import pytest

from tests.mutants import MUTANTS, Edit, Mutant
from tests.repository import ROOT


def misfits(edits: tuple[Edit, ...], tests: tuple[str, ...]) -> list[str]:
    """Each edit whose text is not in its file exactly once, and each test file that is not there."""
    texts = {edit.file: (ROOT / edit.file).read_text("utf-8") for edit in edits if (ROOT / edit.file).is_file()}
    counts = [(edit, texts.get(edit.file, "").count(edit.old)) for edit in edits]
    paths = [test.partition("::")[0] for test in tests if test.startswith("tests/")]
    return [
        *(f"{edit.file} has {edit.old.strip()!r} {count} times" for edit, count in counts if count != 1),
        *(f"{path} is not there" for path in paths if not (ROOT / path).exists()),
    ]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_source(mutant: Mutant) -> None:
    """Its texts are there, each once, also after the edits before it, and so are the tests that must notice it."""
    assert misfits(mutant.edits, mutant.tests) == []
    assert any(test.startswith("tests/") for test in mutant.tests)
    texts = {edit.file: (ROOT / edit.file).read_text("utf-8") for edit in mutant.edits}
    for edit in mutant.edits:
        assert texts[edit.file].count(edit.old) == 1, edit.old
        texts[edit.file] = texts[edit.file].replace(edit.old, edit.new)


def test_names_are_distinct() -> None:
    """A mutant can be asked for by its name."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_a_misfit_is_noticed() -> None:
    """A text that is gone, one that occurs twice, and a test that has moved."""
    gone, twice = Edit("catalog/plans.py", "no such text", ""), Edit("catalog/plans.py", "import", "")

    assert [line.split(" has ")[0] for line in misfits((gone, twice), ())] == ["catalog/plans.py"] * 2
    assert misfits((), ("tests/nowhere/test_it.py", "-k", "x")) == ["tests/nowhere/test_it.py is not there"]
