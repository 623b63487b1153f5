"""The wheel that the image holds: its core is compiled, and what the core promises holds for it as well."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hatch_build import COMPILED, NATIVE
from sandbox.services import wheel
from tests.fuzz import compiled

pytestmark = pytest.mark.timeout(1200)  # beside other tests the compiler takes its minutes

# Not the tests that put a mistake of ours into a module: a compiled one does not look its functions up. Nor those with
# stand-ins: a compiled class takes no other in its place.
CORE = [
    "tests/unit/catalog",
    "tests/unit/consumer",
    "tests/golden",
    "tests/unit/schemas",
    "tests/integration/compiled/fast_path.py",
    "--ignore=tests/unit/consumer/test_loop_accounting.py",
    "--deselect=tests/unit/consumer/test_pipeline.py::test_mistake_of_ours_is_not_parked",
    "--deselect=tests/unit/consumer/test_polled.py::test_a_fault_of_ours_is_no_fault_of_the_record",
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment in which the wheel is found."""
    if wheel.compiler() is None:
        pytest.skip(
            "a C compiler is not installed: apt-get install gcc (interpreted, the core is tested by the other tests)"
        )
    return wheel.unpack(tmp_path_factory.mktemp("wheel"))


def python(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=environ, cwd=wheel.ROOT, check=False, capture_output=True, text=True
    )


def test_the_core_is_compiled(programs: Mapping[str, str]) -> None:
    """The modules that run for every record are compiled; those for I/O are not."""
    core = [name.replace("/", ".") for name in (*COMPILED, *NATIVE)]
    names = [*core, "consumer.storage.store"]
    show = f"from importlib import import_module\nfor name in {names}: print(import_module(name).__file__)"

    assert [Path(file).suffix for file in python(programs, "-c", show).stdout.split()] == [*[".so"] * len(core), ".py"]


def test_compiled_it_keeps_what_it_promises(programs: Mapping[str, str]) -> None:
    """Every test of the core, golden entries and properties included, with the compiled modules."""
    process = python(programs, "-m", "pytest", "-q", "--import-mode=append", "-p", "no:cacheprovider", *CORE)

    assert process.returncode == 0, process.stdout[-4000:] + process.stderr[-2000:]


def test_hostile_records_reach_the_native_code(programs: Mapping[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    """A few seconds of what `make fuzz` does with the wheel: it answers some records, and each as the pipeline does."""
    code = compiled.run_cases(programs, 3, 1)

    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert " answered by the native code" in out and "nothing found" in out
