"""`make release` states one version everywhere, closes the changelog and tags; it refuses what no one could rebuild."""

import ast
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from sandbox.release import CHANGELOG, STATED, RefusedError, files, main, release
from tests.repository import ROOT, sources, version

TODAY = date(2026, 12, 1)
VERSION = re.compile(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.])")
# The tests that name versions, none of which is the one that is stated: that one changes with a release.
NAMING_VERSIONS = {
    "tests/cluster/programs.py": "of modules of Go",
    "tests/cluster/test_release.py": "tags of the images that a release is upgraded from and to",
    "tests/integration/sandbox/test_services.py": "of Kafka, and of the files of its archive",
    "tests/test_repository.py": "of libraries, in a lock file of its own",
    "tests/unit/consumer/test_metrics.py": "of librdkafka",
    "tests/unit/sandbox/test_cluster_programs.py": "of Go",
    "tests/unit/sandbox/test_release.py": "of the releases that are made here",
}


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@callmine.example")
    return subprocess.run(["git", *identity, *arguments], check=True, cwd=root, capture_output=True, text=True).stdout


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the files that a release changes, as they are here, and something unreleased."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@callmine.example")
    for name in (*STATED, CHANGELOG):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / CHANGELOG).write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Added a door.\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "All")
    return tmp_path


def stated(root: Path) -> set[str]:
    """Every version that the files state."""
    return {
        version
        for name, patterns in STATED.items()
        for pattern in patterns
        for version in re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE)
    }


def test_the_version_is_the_same_everywhere() -> None:
    """The image's label and the chart repeat what pyproject.toml states."""
    assert stated(ROOT) == {version()}


def versions(text: str) -> list[str]:
    """The versions in a module's strings; docstrings have numbers of sections as well, and are not compared with anything."""
    tree = ast.parse(text)
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        match
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        for match in VERSION.findall(node.value)
    ]


def test_no_test_repeats_the_version() -> None:
    """A test that compares with the version reads it (`tests.repository.version`): else the commit of a release fails it."""
    assert {path for path, text in sources("tests") if versions(text)} == NAMING_VERSIONS.keys()
    assert versions('"""RFC 1.2.3."""\nx = f"audit-verifier 0.1.0, {x}"\ny = (":1.2.0", "10.1.0.0/16")') == [
        "0.1.0",
        "1.2.0",
    ]


def test_a_release_is_one_commit_and_one_tag(tree: Path) -> None:
    """Everything states the new version, the changelog has its section, the tree is clean and the tag is on it."""
    release(tree, "9.0.0", TODAY)

    assert stated(tree) == {"9.0.0"}
    assert "## [Unreleased]\n\n## [9.0.0] - 2026-12-01\n\n### Added" in (tree / CHANGELOG).read_text("utf-8")
    assert git(tree, "status", "--porcelain") == ""
    assert git(tree, "describe", "--exact-match").strip() == "v9.0.0"
    assert git(tree, "log", "-1", "--format=%s").strip() == "Release 9.0.0"


def test_a_dirty_tree_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An uncommitted file is named, nothing is changed, and the exit code is 1."""
    before = stated(tree)
    (tree / "notes.txt").write_text("not committed")

    assert main(["9.0.0"], tree) == 1
    assert "uncommitted changes" in (said := capsys.readouterr().err) and "notes.txt" in said
    assert stated(tree) == before
    assert git(tree, "tag") == ""


@pytest.mark.parametrize("version", ["1.2", "v9.0.0", "9.0.0rc1", "09.0.0", "9.0.0\n", ""])
def test_what_is_no_version_is_refused(version: str) -> None:
    """Three numbers with dots, and nothing else."""
    with pytest.raises(RefusedError, match="is not a version like"):
        files(ROOT, version, TODAY)


def test_an_older_version_is_refused() -> None:
    """The version that is stated, or one before it, is no next one."""
    with pytest.raises(RefusedError, match=r"0\.0\.9 is not newer than"):
        files(ROOT, "0.0.9", TODAY)


def test_a_release_without_changes_is_refused(tree: Path) -> None:
    """A second release directly after the first has an empty section."""
    release(tree, "9.0.0", TODAY)
    with pytest.raises(RefusedError, match="has nothing under"):
        files(tree, "9.0.1", TODAY)


def test_a_tag_that_exists_is_refused(tree: Path) -> None:
    """A tag is never moved."""
    git(tree, "tag", "v9.0.0")
    with pytest.raises(RefusedError, match=r"the tag v9\.0\.0 exists"):
        release(tree, "9.0.0", TODAY)


def test_the_list_of_packages_is_made_of_what_was_released() -> None:
    """After the version is stated, which is in the list, as `make sbom` makes it."""
    command = ["make", "--dry-run", "--old-file=.venv/.stamp", "release", "VERSION=9.0.0"]
    output = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    assert "sandbox.release 9.0.0" in output.partition("--output-file dist/sbom.json")[0]
    assert output.count("--output-file dist/sbom.json") == 1


def test_wrong_usage_ends_with_2(tree: Path) -> None:
    """Without a version there is a usage message."""
    with pytest.raises(SystemExit) as raised:
        main([], tree)
    assert raised.value.code == 2
