"""The repository as the guards see it: where it is, its packages, and what is committed."""

import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The packages of the wheel.
PROGRAM = ("catalog", "consumer", "export", "reader", "runtime", "schemas", "sql")
PACKAGES = (*PROGRAM, "sandbox", "tests")


def version() -> str:
    """The version that pyproject.toml states, also where another one is still installed."""
    stated: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return stated


def committed() -> list[Path]:
    """Every file that is committed, or would be by `git add --all`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True, cwd=ROOT, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def sources(*packages: str) -> Iterator[tuple[str, str]]:
    """The Python files of `packages`, with their text."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
