"""The verifier has no dependencies: what it imports, and the single file that `make verifier` builds."""

import ast
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import cryptography
import pytest

from tests.export_package import Package, honest_log
from tests.repository import version

ROOT = Path(__file__).parents[3]
BUILDER = ROOT / "deploy" / "build_verifier.py"


def imports(path: Path) -> set[str]:
    """What a module imports: whole packages of others, modules of ours."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_the_verifier_imports_the_standard_library_cryptography_and_the_format_alone() -> None:
    modules = [*(ROOT / "export" / "format").glob("*.py"), *(ROOT / "export" / "verify").glob("*.py")]
    foreign = {
        name
        for path in modules
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names | {"cryptography"}
        and not name.startswith(("export.format", "export.verify"))
    }

    assert len(modules) > 20
    assert foreign == set()


def build(target: Path) -> str:
    process = subprocess.run([sys.executable, BUILDER, target], check=True, capture_output=True, text=True)
    return process.stdout


def test_the_same_sources_give_the_same_file(tmp_path: Path) -> None:
    first, second = (build(tmp_path / name).split()[0] for name in ("one.pyz", "two.pyz"))

    assert first == second
    assert (tmp_path / "one.pyz").read_bytes() == (tmp_path / "two.pyz").read_bytes()


def test_the_file_holds_the_format_and_the_verifier_and_nothing_else(tmp_path: Path) -> None:
    build(tmp_path / "verifier.pyz")
    names = zipfile.ZipFile(tmp_path / "verifier.pyz").namelist()

    assert {name.rpartition("/")[0] for name in names if name.startswith("export/")} == {
        "export",
        "export/format",
        "export/verify",
    }
    assert "__main__.py" in names
    assert "export/cli.py" not in names


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python finds the standard library and cryptography, and nothing else."""
    site = tmp_path / "site"
    site.mkdir()
    backend = importlib.util.find_spec("_cffi_backend")
    assert backend is not None
    assert backend.origin is not None
    for path in (Path(cryptography.__file__).parent, Path(backend.origin)):
        (site / path.name).symlink_to(path)
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(site)}


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-S", *arguments], env=environ, capture_output=True, text=True, check=False)


def test_the_file_runs_where_only_cryptography_is(bare: dict[str, str], tmp_path: Path) -> None:
    build(tmp_path / "verifier.pyz")
    verify = [str(tmp_path / "verifier.pyz"), *Package(honest_log()).write(tmp_path / "case")]

    good = run(bare, *verify)
    wrong = run(bare, *verify, "--json", "--known", "missing")
    stated = run(bare, verify[0], "--version")

    assert (good.returncode, good.stdout.split()[0], good.stderr) == (0, "VERIFIED", "")
    assert (wrong.returncode, wrong.stdout[:24]) == (2, '{"verdict": "MALFORMED",')
    assert stated.stdout == f"audit-verifier {version()}, format 1\n"
    closed = subprocess.run(
        ["/bin/sh", "-c", f'{sys.executable} -S "$@" 2>&-', "sh", *verify, "--known", "missing"], env=bare, check=False
    )
    assert closed.returncode == 2
    for library in ("typer", "psycopg", "pydantic"):
        assert run(bare, "-c", f"import {library}").returncode == 1, "the environment is not as bare as this test needs"


def test_the_file_says_what_it_lacks(tmp_path: Path) -> None:
    build(tmp_path / "verifier.pyz")

    process = run({"PATH": os.environ["PATH"]}, str(tmp_path / "verifier.pyz"), "--version")

    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == "MALFORMED - the package cryptography is needed: pip install cryptography\n"
