"""The wheel holds the programs and their data, nothing else, and both programs run from it alone."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.repository import PROGRAM, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# What a package carries besides Python, by the folder it lies in and the ending of its name.
DATA = (
    ("schemas", ".avsc"), ("schemas/examples", ".json"), ("sql", ".sql"), ("sql", ".json"), ("reader/html/templates", ".html"),
    ("reader/html/static", ".css"), ("reader/html/static", ".js"), ("reader/html/static", ".svg"),
)  # fmt: skip
SOURCES = (".c", ".h")  # of what is compiled; Python's own are in the wheel
QUIET = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index")


def files(folder: Path) -> set[str]:
    """The files below the wheel's packages in a folder, without what Python writes itself."""
    return {
        path.relative_to(folder).as_posix()
        for package in PROGRAM
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def unexpected(name: str) -> bool:
    """Whether a file of the wheel is neither Python nor data that is listed in DATA."""
    return not name.endswith(".py") and not any(
        name.startswith(f"{folder}/") and name.endswith(ending) for folder, ending in DATA
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, interpreted: compiling it is tested in tests/integration/compiled."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", *QUIET, "--no-build-isolation", f"--wheel-dir={folder}", str(ROOT)]
    subprocess.run(command, check=True, env={**os.environ, "AUDIT_COMPILE": "0"}, capture_output=True, text=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs in an environment that holds the wheel, and what it depends on from ours."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *QUIET, wheel], check=True)
    # A path in a .pth file is searched for modules, but its own .pth files, such as the one of the tree, are not read.
    [packages] = (home / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python.parent


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program outside the tree, with nothing set that could lead back to it."""
    environ: Mapping[str, str] = {"PATH": os.environ["PATH"], "TERM": "dumb", "COLUMNS": "120"}
    return subprocess.run(
        [program, *arguments], check=False, env=environ, cwd=program.parents[1], capture_output=True, text=True
    )


def test_the_wheel_holds_the_packages_of_the_programs(wheel: Path) -> None:
    """Every file of the programs' packages is in the wheel, and no other: no tests, no sandbox, no stray file."""
    names = set(zipfile.ZipFile(wheel).namelist())
    metadata = {name for name in names if ".dist-info/" in name}

    assert {name.partition("/")[0] for name in names - metadata} == set(PROGRAM)
    assert names - metadata == {name for name in files(ROOT) if not name.endswith(SOURCES)}
    assert [name for name in names - metadata if unexpected(name)] == []


@pytest.mark.parametrize(("folder", "ending"), DATA)
def test_each_kind_of_data_is_there(wheel: Path, folder: str, ending: str) -> None:
    """None of the kinds of data files is missing, so that the check above cannot pass on an empty tree."""
    names = zipfile.ZipFile(wheel).namelist()

    assert [name for name in names if name.startswith(f"{folder}/") and name.endswith(ending)]


def test_a_stray_file_would_be_noticed() -> None:
    """An editor's backup, a note or a database in a package is neither Python nor listed data."""
    assert [name for name in ("catalog/plans.py~", "sql/notes.md", "reader/audit.db") if not unexpected(name)] == []
    assert not unexpected("reader/html/templates/list.html")


@pytest.mark.parametrize("name", sorted(PROJECT["scripts"]))
def test_a_program_says_its_version_and_helps(programs: Path, name: str) -> None:
    """`--version`, `-h` and `--help` answer with exit code 0, without any setting, for the commands as well."""
    version = run(programs / name, "--version")
    helped = [run(programs / name, option) for option in ("-h", "--help")]

    suffix = ", format 1" if name == "audit-export" else ""  # an auditor asks which format it verifies
    assert (version.returncode, version.stdout) == (0, f"{name} {PROJECT['version']}{suffix}\n"), version.stderr
    assert [process.returncode for process in helped] == [0, 0]
    assert helped[0].stdout == helped[1].stdout
    assert "--version" in helped[0].stdout


def test_a_command_helps_by_the_short_name_too(programs: Path) -> None:
    """`-h` is known below the root: by a command, and by a command of a group."""
    for words in (("status",), ("parked", "list")):
        process = run(programs / "audit-consumer", *words, "-h")
        assert process.returncode == 0, process.stderr
        assert " ".join(words) in process.stdout


# The export's options are read by argparse, which completes by a script of its own (tests/unit/export/test_completion.py).
@pytest.mark.parametrize("name", sorted(PROJECT["scripts"].keys() - {"audit-export"}))
def test_a_program_completes_in_the_shell(programs: Path, name: str) -> None:
    """The script that a shell is given names the program, and what it asks for are the program's commands."""
    script = subprocess.run(
        ["bash", "-c", f"{programs / name} --show-completion"], check=True, capture_output=True, text=True
    ).stdout
    asked = {
        f"_{name.upper().replace('-', '_')}_COMPLETE": "complete_bash",
        "COMP_WORDS": f"{name} ",
        "COMP_CWORD": "1",
    }
    offered = subprocess.run(
        [programs / name], check=False, env={"PATH": os.environ["PATH"], **asked}, capture_output=True, text=True
    ).stdout.split()

    assert f" {name}" in script
    assert {"audit-consumer": "status", "audit-reader": "serve"}[name] in offered


def test_the_programs_run_from_the_wheel(programs: Path) -> None:
    """What runs is the wheel, not the tree, and its data files are read from there: the catalog and the schemas."""
    shown = run(programs / "python", "-P", "-c", "import consumer; print(consumer.__file__)")
    catalog = run(programs / "audit-consumer", "catalog", "--format", "json")

    assert shown.stdout.startswith(str(programs.parent)), shown.stdout + shown.stderr
    assert catalog.returncode == 0, catalog.stderr
    assert "member.role_changed" in catalog.stdout
