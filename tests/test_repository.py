"""What is committed is meant to be: no stray file, no machine or registry by name, every tool sees every package."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.repository import PACKAGES, PROGRAM, ROOT, committed

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# Everything at the top, so that a new file there is a decision and not an accident.
TOP = {
    ".ci", ".devcontainer", ".dockerignore", ".editorconfig", ".github", ".gitignore", ".pre-commit-config.yaml",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "deploy", "docs",
    "hatch_build.py", "pyproject.toml", "requirements", *PACKAGES,
}  # fmt: skip
# The kinds of files that a folder may hold; a file without an ending is named in full.
KINDS = {
    ".avsc", ".c", ".css", ".example", ".h", ".html", ".js", ".json", ".md", ".png", ".py", ".sh", ".sql", ".svg", ".toml", ".tpl",
    ".conf", ".go", ".mod", ".sum", ".txt", ".yaml", ".yml", "Dockerfile", "LICENSE", "Makefile", "run", ".dockerignore", ".editorconfig", ".gitignore",
    ".helmignore",
}  # fmt: skip
MAX_BYTES = 1_000_000
# What .ci/run installs and the dev container does not.
OF_ITS_IMAGE = {"git", "make", "python3", "python3-venv"}
OF_AN_ENGINE = {"docker" + ".io", "mmdebstrap"}  # an engine in a container would need all privileges of the machine

UNSPEAKABLE = re.compile(
    # Registries, by their hosts: they are the business of the client's own settings.
    r"pypi\.(?:org|python)|python[h]osted|repo1?\.maven|registry\.npmjs|crates\.io|proxy\.golang|deb\.debian|"
    r"(?:docker|ghcr|quay)\.io|"
    # Folders of one machine.
    r"(?<![\w.-])/(?:work|root|Users|home/[a-z]+)(?:/|\b)"
)


def stray(names: list[str]) -> list[str]:
    """The files that no one meant to commit: of an unknown kind, hidden in a folder, or at the top without being listed."""
    return [name for name in names if not _meant(PurePosixPath(name))]


def _meant(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") for part in path.parts[1:] if part not in KINDS)
    known = path.name in KINDS or path.suffix in KINDS or path.name.endswith(".Dockerfile")
    return path.parts[0] in TOP and known and not hidden


def test_no_file_is_an_accident() -> None:
    """Every committed file is of a known kind and in a known place, none is empty or huge."""
    names = [path.relative_to(ROOT).as_posix() for path in committed()]
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in committed()}

    assert stray(names) == []
    assert [name for name, size in sizes.items() if size > MAX_BYTES] == []
    assert [name for name, size in sizes.items() if size == 0 and not name.endswith("__init__.py")] == []
    assert {name.partition("/")[0] for name in names} == TOP


@pytest.mark.parametrize(
    "name",
    [
        ".schemathesis/default/cache/crash.json", "notes.md", "catalog/plans.py~", "consumer/polling/loop.py.orig", "core",
        "docs/.DS_Store", "tests/.coverage.host.123", "reader/audit.db", "deploy/.env", "tests/e2e/.cache/x.json",
    ],
)  # fmt: skip
def test_an_accident_would_be_noticed(name: str) -> None:
    """A tool's cache, an editor's backup, a note at the top, a database and a file of secrets are each refused."""
    assert stray([name]) == [name]


def test_hooks_and_devcontainer_call_make() -> None:
    """Each hook is a local one that runs a target of the Makefile, and so does the dev container once it is created."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    hooks = [hook["entry"] for repo in repos for hook in repo["hooks"]]
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))

    assert [repo["repo"] for repo in repos] == ["local"]
    assert [entry for entry in hooks if entry.removeprefix("make ") not in targets] == []
    assert container["postCreateCommand"].endswith(" && make setup")


def test_the_devcontainer_has_what_the_tests_can_use() -> None:
    """It installs the packages that .ci/run does, but for those of its image and of a Docker engine."""
    script = (ROOT / ".ci" / "run").read_text("utf-8").replace('"', "")
    lists = re.findall(r"packages\+=\(([^)$]*)\)|\binstall ([a-z][a-z0-9 -]*)(?:;|$)", script, re.MULTILINE)
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    installed = re.search(r"apt-get install ([^&]+)", container["postCreateCommand"])

    assert installed is not None
    assert {word for word in installed[1].split() if not word.startswith("-")} == {
        package for listing in lists for package in " ".join(listing).split()
    } - OF_ITS_IMAGE - OF_AN_ENGINE


def test_the_dependency_bot_knows_every_place_that_names_versions() -> None:
    """The folders of its configuration are those with requirements, a deployed Dockerfile, a compose file or a Go module."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    known = {
        (update["package-ecosystem"], folder)
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    compose = {
        ("docker-compose", f"/{path.parent.relative_to(ROOT)}") for path in committed() if path.name == "compose.yaml"
    }
    modules = {("gomod", f"/{path.parent.relative_to(ROOT)}") for path in committed() if path.name == "go.mod"}

    assert known == {("pip", "/requirements"), ("docker", "/deploy"), *compose, *modules}


@pytest.mark.parametrize(
    ("file", "groups"),
    [("dev.txt", ["dev"]), ("runtime.txt", []), ("build.txt", "build"), ("sbom.txt", "sbom"), ("go.txt", "go")],
)
def test_every_requirement_is_locked(file: str, groups: list[str] | str) -> None:
    """What pyproject.toml asks for is pinned in requirements/, in a version that it allows: else `make lock` was forgotten."""
    project, extra = PROJECT["project"]["dependencies"], PROJECT["dependency-groups"]
    alone = isinstance(groups, str)  # installed without the programs
    asked = extra[groups] if alone else [*project, *(line for group in groups for line in extra[group])]

    assert unlocked(asked, (ROOT / "requirements" / file).read_text("utf-8")) == []


def unlocked(asked: list[str], locked: str) -> list[str]:
    """The requirements that no pin satisfies."""
    pins = dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ;\\]+)", locked, re.MULTILINE))
    requirements = [Requirement(line) for line in asked]
    return [
        str(requirement)
        for requirement in requirements
        if (pin := pins.get(requirement.name.lower())) is None or not requirement.specifier.contains(pin)
    ]


def test_what_is_not_locked_is_noticed() -> None:
    """A dependency that is missing, and one that is pinned to a version which is no longer allowed."""
    locked = "httpx==0.28.1 \\\n    --hash=sha256:00\norjson==3.13.0 ; python_version > '3' \\\n"

    assert unlocked(["httpx>=0.28", "orjson"], locked) == []
    assert unlocked(["httpx>=0.29", "rich>=15"], locked) == ["httpx>=0.29", "rich>=15"]


def test_every_tool_sees_every_package() -> None:
    """A package that is added is linted, typed, covered, built and held to the contracts like the others."""
    tool = PROJECT["tool"]
    for_libraries = [
        contract
        for contract in tool["importlinter"]["contracts"]
        if re.search(r"\b(used|sent|made and verified) (only|by one|in)\b", contract["name"])
    ]

    assert set(tool["mypy"]["packages"]) == set(PACKAGES)
    assert set(tool["coverage"]["run"]["source_pkgs"]) == set(PROGRAM)
    assert set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PROGRAM)
    assert set(tool["importlinter"]["root_packages"]) == set(PACKAGES)
    assert len(for_libraries) >= 8
    assert [contract["name"] for contract in for_libraries if not set(contract["source_modules"]) >= set(PROGRAM)] == []


@pytest.mark.parametrize(("reached", "code"), [(True, 0), (False, 2)], ids=["above", "below"])
def test_coverage_has_a_floor(tmp_path: Path, reached: bool, code: int) -> None:
    """`coverage report`, with which `make coverage` ends, refuses less than the floor of pyproject.toml."""
    floor = PROJECT["tool"]["coverage"]["report"]["fail_under"]
    (tmp_path / "pyproject.toml").write_text(f"[tool.coverage.report]\nfail_under = {floor}\n")
    lines = [f"if int('{int(reached)}'):", *(f"    x = {number}" for number in range(20))]
    (tmp_path / "half.py").write_text("\n".join(lines) + "\n")
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "run", "half.py"], check=True, cwd=tmp_path)
    report = subprocess.run([*coverage, "report"], check=False, cwd=tmp_path, capture_output=True, text=True)

    assert floor >= 90
    assert report.returncode == code, report.stdout + report.stderr


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The repository works wherever it is cloned, and with whatever registry its clients are set up for."""
    named = []
    for path in committed():
        text = path.read_bytes().decode("utf-8", errors="replace")
        named += [f"{path.relative_to(ROOT)}: {match[0]}" for match in UNSPEAKABLE.finditer(text)]

    assert named == []


@pytest.mark.parametrize(
    "text", ["https://" + "pypi." + "org/simple", "see /" + "work/main", "'/" + "root'", "/" + "home/anna/x"]
)
def test_a_registry_or_a_machine_is_seen(text: str) -> None:
    """The guard knows what it looks for, and leaves what resembles it alone."""
    assert UNSPEAKABLE.search(text)
    assert UNSPEAKABLE.search("docs/work/plan.md, the network/root cause, usr/home/") is None


def test_every_target_of_the_makefile_says_what_it_is_for() -> None:
    """`make help` lists every target, each is phony, and each has its sentence."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    phony = set(" ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split())
    helped = set(re.findall(r"^([a-z][a-z-]*):[^\n]*## \S", makefile, re.MULTILINE))
    process = subprocess.run(
        ["make", "--no-print-directory", "help"], check=True, cwd=ROOT, capture_output=True, text=True
    )

    assert targets == phony == helped
    assert {line.split()[0] for line in process.stdout.splitlines()} == targets
