"""`make fuzz` tells what the native code does wrong: stand-ins for the extension give a wrong row, kill the process, or are not there."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fuzz import compiled

SEED = 5
STAND_IN = """
import os
class Rows:
    def __init__(self, *makers): pass
    def add(self, prefix, plan): pass
    def row(self, record, ordinal): {row}
"""


@pytest.fixture
def ended(tmp_path: Path, capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> tuple[int, str]:
    """The exit code and what is printed where the extension's `row` is the parameter; None: without an extension."""
    if request.param is not None:
        (tmp_path / "copy_rows.py").write_text(STAND_IN.format(row=request.param))
    (tmp_path / "sitecustomize.py").write_text(f"import consumer.native as n; n.__path__.append({str(tmp_path)!r})")
    environ: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"}
    code = compiled.run_cases(environ, 60, SEED)
    return code, "".join(capfd.readouterr())


@pytest.mark.parametrize("ended", ["return (1, 2, 3)"], indirect=True)
def test_a_wrong_row_is_a_finding(ended: tuple[int, str]) -> None:
    """The first case with one ends the run, by its number."""
    assert ended[0] == 1
    assert "the native code" in ended[1] and f"again: make fuzz SECONDS=1 SEED={SEED}\n" in ended[1]


@pytest.mark.parametrize("ended", ["os.abort()"], indirect=True)
def test_a_process_that_dies_is_a_finding(ended: tuple[int, str]) -> None:
    """There is no traceback: the case is named by the one who waited."""
    assert ended[0] == 1
    assert f"Aborted; again: make fuzz SECONDS=1 SEED={SEED}\n" in ended[1]


@pytest.mark.parametrize("ended", [None], indirect=True)
def test_a_wheel_without_native_code_is_told(ended: tuple[int, str]) -> None:
    """Nothing was compared then, which must not look like success."""
    assert ended == (1, "the wheel has no native code\n")
