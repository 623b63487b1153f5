"""What the documents say is so: commands, targets, paths and links exist, and what is generated is current."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from catalog import render
from consumer.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# SPEC 7, as far as it is built.
PROMISED = {
    "migrate", "run", "explain", "catalog", "status", "parked list", "parked show", "parked replay", "parked dismiss",
    "gaps list", "gaps accept", "gaps state", "rewind", "resume",
}  # fmt: skip
SECTIONS = ["Context", "Decision", "Consequences", "Rejected"]


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The commands below a group, each with the words that name it."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from leaves(below, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS: Mapping[str, Any] = dict(leaves(get_command(app)))


def code(text: str) -> Iterator[str]:
    """What a page shows as code: lines of blocks, and spans; a comment behind a command is not part of it."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from (line.partition(" #")[0].strip() for block in blocks for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def unknown_commands(text: str) -> list[str]:
    """Invocations of audit-consumer, and targets of make, that do not exist, or with options that do not."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    found = []
    for line in code(text):
        for made in re.findall(r"\bmake ([a-z][a-z-]*)", line):
            found += [line] if made not in targets else []
        for called in re.findall(r"audit-consumer ([a-z][^|`>]*)", line):
            found += [line] if not runs(called) else []
    return found


def runs(called: str) -> bool:
    """Whether there is such a command, and each option is one of its own."""
    words = shlex.split(called)
    command = COMMANDS.get(" ".join(words[:2])) or COMMANDS.get(words[0])
    if command is None:
        return words in ([["parked"], ["gaps"]])  # a group, spoken of as a whole
    options = {name for parameter in command.params for name in parameter.opts}
    return {word for word in words if word.startswith("--")} <= options | {"--help"}


def broken_links(page: Path, text: str) -> list[str]:
    """Links to files that are not there, or to headings that their pages do not have."""
    found = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
            found.append(target)
    return found


def anchors(text: str) -> set[str]:
    """The fragments that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing_paths(text: str) -> list[str]:
    """Files of this repository that are named as code and are not there; with <…>, * or … they stand for many."""
    named = re.findall(
        r"(?<![\w/.-])((?:catalog|consumer|deploy|docs|sandbox|schemas|sql|tests)/[\w./-]*\w)(?![\w<*…])", text
    )
    return [name for name in named if not (ROOT / name).exists() and name != "docs/benchmarks.md"]


def test_the_promised_commands_are_there() -> None:
    """SPEC 7's commands, so far as they are built, and no others."""
    assert set(COMMANDS) == PROMISED


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented_and_has_help(name: str) -> None:
    """Each command is in docs/operations.md, and says what it does; so does each of its options."""
    command = COMMANDS[name]

    assert f"{name}" in " ".join(code((ROOT / "docs" / "operations.md").read_text("utf-8")))
    assert command.help
    assert [
        parameter.name for parameter in command.params if parameter.param_type_name == "option" and not parameter.help
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_speaks_of_what_exists(page: Path) -> None:
    """Its commands run, its links lead somewhere, and the files that it names are there."""
    text = page.read_text("utf-8")

    assert unknown_commands(text) == []
    assert broken_links(page, text) == []
    assert missing_paths(text) == []


def test_what_does_not_exist_is_noticed() -> None:
    """The guards above see a wrong command, option, target, link, heading and path."""
    wrong = (
        "`audit-consumer parked burn 3`, `audit-consumer status --loud`, `make coffee`, [a](nowhere.md), "
        "[b](CHANGELOG.md#no-such-heading), consumer/helpers.py"
    )

    assert unknown_commands(wrong) == ["audit-consumer parked burn 3", "audit-consumer status --loud", "make coffee"]
    assert broken_links(ROOT / "README.md", wrong) == ["nowhere.md", "CHANGELOG.md#no-such-heading"]
    assert missing_paths(wrong) == ["consumer/helpers.py"]


def test_the_table_of_types_is_current() -> None:
    """docs/types.md is what `make docs` writes."""
    assert (ROOT / "docs" / "types.md").read_text("utf-8") == render.as_markdown()


def test_decisions_are_numbered_listed_and_whole() -> None:
    """1, 2, 3 … without a hole, each in the index by its title, each with its sections."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = sorted(folder.glob("[0-9]*.md"))

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for number, page in enumerate(pages, 1):
        text = page.read_text("utf-8")
        title = re.match(rf"# {number}\. (.+)\n\nStatus: \w+, \d{{4}}-\d\d-\d\d\n", text)
        assert title is not None, page.name
        assert f"| {number} | [{title[1]}]({page.name}) |" in index
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS


def test_decisions_that_the_code_names_exist() -> None:
    """A comment that points at a decision points at one that is there."""
    named = {
        number
        for package in ("catalog", "consumer", "sandbox", "schemas", "sql")
        for path in (ROOT / package).rglob("*.py")
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text("utf-8"))
    }

    assert named
    assert named <= {page.name[:4] for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
