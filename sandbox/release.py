"""`make release VERSION=1.2.0`: states the version, closes the changelog's section, commits and tags. Nothing is pushed.

pyproject.toml is where the version is; what must repeat it (the image's label, the chart) is written with it, and tests
compare them. A tree with uncommitted changes is refused: the tag differs from the tested commit only
in the version and the changelog.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

# By file: the patterns of which group 1 is the version.
STATED = {
    "pyproject.toml": (r'^version = "([^"]+)"$',),
    "deploy/Dockerfile": (r"^ARG VERSION=(\S+)$",),
    "deploy/helm/callmine-audit/Chart.yaml": (r"^version: (\S+)$", r'^appVersion: "([^"]+)"$'),
}
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n"


class RefusedError(Exception):
    """A release cannot be made from this state; the message says why and what to do."""


def release(root: Path, version: str, today: date) -> None:
    """Makes the release in the repository at `root`. RefusedError, before anything is changed, if it cannot be made."""
    texts = files(root, version, today)
    if changed := _git(root, "status", "--porcelain"):
        raise RefusedError(f"there are uncommitted changes: commit or stash them first\n{changed}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise RefusedError(f"the tag v{version} exists: choose the next version")
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    _git(root, "commit", "--quiet", "--message", f"Release {version}", "--", *(str(path) for path in texts))
    _git(root, "tag", "--annotate", f"v{version}", "--message", f"Release {version}")


def files(root: Path, version: str, today: date) -> dict[Path, str]:
    """The files that a release changes, each with its new text; RefusedError for a version that is none or not newer."""
    if re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version) is None:
        raise RefusedError(f"{version!r} is not a version like 1.2.0")
    texts = {root / name: (root / name).read_text("utf-8") for name in STATED}
    stated = re.search(STATED["pyproject.toml"][0], texts[root / "pyproject.toml"], re.MULTILINE)
    if stated is None:
        raise RefusedError("pyproject.toml states no version")
    if _numbers(version) <= _numbers(stated[1]):
        raise RefusedError(f"{version} is not newer than {stated[1]}")
    for name, patterns in STATED.items():
        for pattern in patterns:
            texts[root / name] = _with_version(name, texts[root / name], pattern, version)
    changelog = root / CHANGELOG
    return {**texts, changelog: _closed(changelog.read_text("utf-8"), version, today)}


def _closed(changelog: str, version: str, today: date) -> str:
    """The changelog with its unreleased section under the version, and an empty one above it."""
    _, heading, rest = changelog.partition(UNRELEASED)
    if not heading or not rest.partition("\n## ")[0].strip():
        raise RefusedError(f"{CHANGELOG} has nothing under {UNRELEASED.strip()}: say what changed")
    return changelog.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {today.isoformat()}\n", 1)


def _with_version(name: str, text: str, pattern: str, version: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise RefusedError(f"{name} has no line like {pattern}")
    return text[: match.start(1)] + version + text[match.end(1) :]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _git(root: Path, *arguments: str) -> str:
    process = subprocess.run(["git", *arguments], check=False, cwd=root, capture_output=True, text=True)
    if process.returncode:
        raise RefusedError(f"git {arguments[0]} failed: {process.stderr.strip()}")
    return process.stdout.rstrip()


def main(arguments: Sequence[str], root: Path) -> int:
    """The program: exit code 0 done, 1 refused, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="make release", description="Makes a release: version, changelog, commit, tag."
    )
    parser.add_argument("version", metavar="VERSION", help="the new version, such as 1.2.0")
    version = parser.parse_args(arguments).version
    try:
        release(root, version, datetime.now(UTC).date())
    except RefusedError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(f"v{version} is committed and tagged. Publish it with: git push --follow-tags")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], Path(__file__).parents[1]))
