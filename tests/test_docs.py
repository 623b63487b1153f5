"""What the documents say is so: commands, targets, paths and links exist, and what is generated is current."""

import re
import shlex
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from tests import generated
from tests.repository import ROOT, committed

PAGES = sorted(path for path in committed() if path.suffix == ".md" and "golden" not in path.parts)
# Where a path in a page may begin; `docs/` and the like stand for themselves.
TREES = "catalog|consumer|deploy|docs|export|reader|requirements|runtime|sandbox|schemas|sql|tests"
# The commands of SPEC 7, by program.
EXPECTED_COMMANDS = {
    "audit-consumer": {
        "migrate", "run", "explain", "catalog", "status", "parked list", "parked show", "parked replay",
        "parked dismiss", "gaps list", "gaps accept", "gaps state", "rewind", "resume",
        "cells set", "cells check",
    },
    "audit-reader": {"serve"},
    "audit-export": {"keygen", "seal", "create", "verify", "check", "inspect", "rotate"},
}  # fmt: skip
SECTIONS = ["Context", "Decision", "Consequences", "Rejected"]
STATUS = r"Status: (accepted|superseded by (?P<by>\d+)), \d{4}-\d\d-\d\d(: .+)?\n"


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The commands below a group, each with the words that name it."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from leaves(below, (*path, name))
    else:
        yield " ".join(path), command


def programs() -> dict[str, dict[str, Any]]:
    """The commands of each program that pyproject.toml installs, by their names."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    commands = {}
    for program, entry_point in scripts.items():
        module = import_module(entry_point.partition(":")[0])
        if hasattr(module, "build_parser"):  # argparse: docs/decisions/0040
            commands[program] = argparse_commands(module.build_parser())
            continue
        command = get_command(module.app)
        commands[program] = dict(leaves(command)) if isinstance(command, TyperGroup) else {"": command}
    return commands


def argparse_commands(parser: ArgumentParser) -> dict[str, Any]:
    """The commands of a parser, with the names that typer's commands have."""
    subparsers = next(action for action in parser._actions if isinstance(action, _SubParsersAction))
    return {
        name: SimpleNamespace(
            help=below.description,
            params=[
                SimpleNamespace(
                    name=action.dest,
                    opts=action.option_strings,
                    help=action.help,
                    param_type_name="option" if action.option_strings else "argument",
                )
                for action in below._actions
            ],
        )
        for name, below in subparsers.choices.items()
    }


PROGRAMS: Mapping[str, Mapping[str, Any]] = programs()
COMMANDS = PROGRAMS["audit-consumer"]


def code(text: str) -> Iterator[str]:
    """What a page shows as code: lines of blocks, and spans; a comment after a command is not part of it."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from (line.partition(" #")[0].strip() for block in blocks for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def unknown_commands(text: str) -> list[str]:
    """Invocations of our programs, and targets of make, that do not exist, or with options that do not."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    wrong = []
    for line in code(text):
        wrong += [line for target in re.findall(r"\bmake ([a-z][a-z-]*)", line) if target not in targets]
        # An option after a program's name is the program's own only where the line begins with the name.
        for program, words in re.findall(r"^(audit-[a-z]+) (-.*)", line) + re.findall(
            r"(?<![\w:./-])(audit-[a-z]+) ([a-z][^|`>)]*)", line
        ):
            wrong += [line] if program in PROGRAMS and not runs(program, words) else []
    return wrong


def runs(program: str, words: str) -> bool:
    """Whether a program has this command, and each option is one of its own."""
    split = shlex.split(words)
    if split[0].startswith("-"):
        return split[0] in {"-h", "--help", "--version", "--show-completion", "--install-completion"}
    commands = PROGRAMS[program]
    command = commands.get(" ".join(split[:2])) or commands.get(split[0]) or commands.get("")
    if command is None:
        return any(name.startswith(f"{split[0]} ") for name in commands) and len(split) == 1  # a group, as a whole
    options = {name for parameter in command.params for name in parameter.opts}
    return {word.partition("=")[0] for word in split if word.startswith("--")} <= options | {"--help"}


def broken_links(page: Path, text: str) -> list[str]:
    """Links to files that are not there, or to headings that their pages do not have."""
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
            broken.append(target)
    return broken


def anchors(text: str) -> set[str]:
    """The fragments that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing_paths(text: str) -> list[str]:
    """Files of this repository that are named as code and are not there; with <…>, * or … they stand for many."""
    named = re.findall(rf"(?<![\w/.-])((?:{TREES})/[\w./-]*\w)(?![\w<*…{{])", text)
    return [name for name in named if not exists(name)]


def exists(name: str) -> bool:
    """Whether a file or folder is there; a module may be named without its ending."""
    return (ROOT / name).exists() or (ROOT / f"{name}.py").exists()


def status(text: str) -> re.Match[str] | None:
    """A decision's status line, if it has one of the known form."""
    return re.search(STATUS, text)


def speaks_of_the_past(page: Path) -> bool:
    """Whether a page may name what is no longer there: a decision that another one has superseded."""
    state = status(page.read_text("utf-8")) if "decisions" in page.parts else None
    return state is not None and state["by"] is not None


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_promised_commands_are_there(program: str) -> None:
    """SPEC 7's commands of each program, and no others."""
    assert set(PROGRAMS[program]) == EXPECTED_COMMANDS[program]


@pytest.mark.parametrize(
    ("program", "name"), [(program, name) for program, commands in PROGRAMS.items() for name in commands]
)
def test_every_command_is_documented_and_has_help(program: str, name: str) -> None:
    """Each command is in a page of docs/, and says what it does; so does each of its options."""
    command = PROGRAMS[program][name]
    documented = " ".join(line for page in (ROOT / "docs").glob("*.md") for line in code(page.read_text("utf-8")))

    assert name in documented
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
    assert speaks_of_the_past(page) or missing_paths(text) == []


def test_what_does_not_exist_is_noticed() -> None:
    """The guards above see a wrong command, option, target, link, heading and path, in every program and package."""
    wrong = (
        "`audit-consumer parked burn 3`, `audit-consumer status --loud`, `make coffee`, `audit-reader listen`, "
        "`audit-reader serve --port 80`, `audit-consumer --verbose`, [a](nowhere.md), [b](CHANGELOG.md#no-such-heading), "
        "consumer/helpers.py, reader/marks.py, runtime/journal.py"
    )

    assert unknown_commands(wrong) == [
        "audit-consumer parked burn 3", "audit-consumer status --loud", "make coffee", "audit-reader listen",
        "audit-reader serve --port 80", "audit-consumer --verbose",
    ]  # fmt: skip
    assert broken_links(ROOT / "README.md", wrong) == ["nowhere.md", "CHANGELOG.md#no-such-heading"]
    assert missing_paths(wrong) == ["consumer/helpers.py", "reader/marks.py", "runtime/journal.py"]


def test_what_exists_is_let_pass() -> None:
    """A command, an option, a group, `-h`, `--version`, and a path of many are no fault."""
    right = (
        "`audit-consumer parked list`, `audit-consumer parked`, `audit-consumer rewind t 0 --to-offset 1 --reason x`, "
        "`audit-reader -h`, `audit-consumer --version`, `make test`, schemas/<ce_type>.v<N>.avsc, tests/e2e"
    )

    assert unknown_commands(right) == []
    assert missing_paths(right) == []


@pytest.mark.parametrize("path", generated.files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_generated_is_current(path: Path) -> None:
    """The file is what `make docs` writes."""
    assert path.read_text("utf-8") == generated.files()[path]


def test_decisions_are_listed_and_whole() -> None:
    """Each is in the index by its title, with its sections and a status; the numbers are unique, and may have holes."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = {int(page.name[:4]): page for page in sorted(folder.glob("[0-9]*.md"))}

    assert len(pages) == len(list(folder.glob("[0-9]*.md")))
    for number, page in pages.items():
        assert decision_faults(number, page.read_text("utf-8"), set(pages)) == [], page.name
        title = page.read_text("utf-8").splitlines()[0].partition(". ")[2]
        assert f"| {number} | [{title}]({page.name}) |" in index


def decision_faults(number: int, text: str, numbers: set[int]) -> list[str]:
    """What a decision's page lacks, or says wrongly of another."""
    faults = [] if re.match(rf"# {number}\. .+\n\n{STATUS}\n", text) else ["no title and status"]
    state = status(text)
    if state and state["by"] and (int(state["by"]) not in numbers or int(state["by"]) <= number):
        faults.append(f"superseded by {state['by']}, which is no later decision")
    if re.findall(r"^## (.+)$", text, re.MULTILINE) != SECTIONS:
        faults.append(f"its sections are not {', '.join(SECTIONS)}")
    return faults


def falsely_in_force(texts: Mapping[int, str]) -> list[str]:
    """Decisions of which a later page says that it replaces them, or a part, and whose status does not say so."""
    replaced = [
        (int(old), number)
        for number, text in sorted(texts.items())
        for old in re.findall(r"\breplaces [^.]*?\[(\d+)\]\(", text)
    ]
    return [
        f"{old} is replaced by {new}"
        for old, new in replaced
        if not ((state := status(texts[old])) and state["by"] and int(state["by"]) >= new)
    ]


def test_what_a_decision_replaces_says_so() -> None:
    """A decision that no longer holds, or not all of it, leads to the one that holds."""
    accepted, replacing = "Status: accepted, 2026-11-22\n", "This replaces the end of decision [3](0003-old.md).\n"

    assert falsely_in_force({
        int(page.name[:4]): page.read_text("utf-8") for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md")
    }) == []  # fmt: skip
    assert falsely_in_force({3: accepted, 4: replacing}) == ["3 is replaced by 4"]
    assert falsely_in_force({3: "Status: superseded by 4, 2026-11-22: why\n", 5: replacing}) == ["3 is replaced by 5"]
    assert falsely_in_force({3: "Status: superseded by 4, 2026-11-22: why\n", 4: replacing}) == []


def test_a_decision_that_is_not_whole_is_refused() -> None:
    """A status of another form, a successor that is not there, and a missing section are seen."""
    whole = "# 3. A title\n\nStatus: {}\n\n## Context\n\n## Decision\n\n## Consequences\n\n## Rejected\n"

    for good in ("accepted, 2026-11-22", "superseded by 4, 2026-11-22", "superseded by 4, 2026-11-22: why"):
        assert decision_faults(3, whole.format(good), {3, 4}) == []
    assert decision_faults(3, whole.format("obsolete, 2026-11-22"), {3, 4}) == ["no title and status"]
    for bad in (2, 3, 9):
        assert decision_faults(3, whole.format(f"superseded by {bad}, 2026-11-22"), {2, 3, 4}) == [
            f"superseded by {bad}, which is no later decision"
        ]
    assert decision_faults(3, whole.format("accepted, 2026-11-22").replace("## Rejected\n", ""), {3}) == [
        "its sections are not Context, Decision, Consequences, Rejected"
    ]


def test_decisions_that_the_code_names_exist() -> None:
    """A comment that points at a decision points at one that is there."""
    named = {
        number
        for path in committed()
        if path.suffix in {".py", ".sql", ".yaml", ".toml"} or path.name in {"Makefile", "Dockerfile"}
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text("utf-8"))
    }

    assert named
    assert named <= {page.name[:4] for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
