"""Properties of the verifier: any edit of any byte or row is found, and no input whatever makes a traceback."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export_package import Package, audit_export, honest_log
from tests.fuzz_export import fuzz
from tests.unit.export.attacks.edits import known
from tests.unit.export.attacks.on_history import size
from tests.unit.export.attacks.on_rows import lines

PACKAGE = Package(honest_log())
known(size(1), size(3), size(6))(PACKAGE)
FILES = PACKAGE.files()
NAMES = st.sampled_from(sorted(FILES))
ROWS = 7
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def code_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Package], int]:
    """Writes a package and gives the verifier's exit code."""
    folder = tmp_path_factory.mktemp("packages")
    return lambda package: audit_export(*package.write(folder / str(next(NUMBERS)))).code


def edited(name: str, edit: Callable[[bytes], bytes]) -> Package:
    package = PACKAGE.copy()
    package.after_signing[name] = edit
    return package


@settings(max_examples=150)
@given(name=NAMES, data=st.data())
def test_a_byte_changed_anywhere_is_found(code_of: Callable[[Package], int], name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(FILES[name]) - 1))
    flip = data.draw(st.integers(1, 255))

    assert code_of(edited(name, lambda old: old[:at] + bytes([old[at] ^ flip]) + old[at + 1 :])) != 0


@settings(max_examples=100)
@given(name=NAMES, data=st.data(), byte=st.binary(min_size=1, max_size=1))
def test_a_byte_put_in_anywhere_is_found(
    code_of: Callable[[Package], int], name: str, data: st.DataObject, byte: bytes
) -> None:
    at = data.draw(st.integers(0, len(FILES[name])))

    assert code_of(edited(name, lambda old: old[:at] + byte + old[at:])) != 0


@settings(max_examples=100)
@given(name=NAMES, data=st.data())
def test_bytes_taken_out_anywhere_are_found(code_of: Callable[[Package], int], name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(FILES[name]) - 1))
    end = data.draw(st.integers(at + 1, len(FILES[name])))

    assert code_of(edited(name, lambda old: old[:at] + old[end:])) != 0


@settings(max_examples=100)
@given(order=st.lists(st.integers(0, ROWS - 1), max_size=ROWS + 2))
def test_any_other_choice_or_order_of_rows_is_tampered(code_of: Callable[[Package], int], order: list[int]) -> None:
    package = PACKAGE.copy()
    lines(lambda rows: [rows[number] for number in order])(package)

    assert code_of(package) == (0 if order == list(range(ROWS)) else 1)


def test_the_order_of_all_rows_is_the_only_one(code_of: Callable[[Package], int]) -> None:
    assert code_of(PACKAGE) == 0


def test_no_input_makes_a_traceback(tmp_path: Path) -> None:
    counts = fuzz(seconds=2.5, seed=1_000_000)

    assert sum(counts.values()) > 20
    assert {1, 2} <= set(counts)
