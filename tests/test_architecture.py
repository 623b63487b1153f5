"""The code is built as it says: who may import whom, who may read the environment, how long a module is, what is mapped.

Each guard is shown to refuse as well: a rule that has never refused anything may be misspelt.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.repository import PACKAGES, PROGRAM, ROOT, sources

# One breach for each contract of pyproject.toml, as (file, line to add), and the beginning of the contract's name.
BREACHES: tuple[tuple[str, str, str], ...] = (
    ("catalog/topics.py", "import consumer.loop", "Tests use the sandbox, both use the programs"),
    ("runtime/terminal.py", "import catalog.topics", "Runtime does not depend on auditing"),
    ("consumer/loop.py", "import consumer.run", "The consumer imports one way"),
    ("consumer/event/diff.py", "import time", "The core is pure"),
    ("reader/query/key_index.py", "import reader.html.pages", "The reader imports one way"),
    ("reader/html/pages.py", "import time", "What a request means and how a page looks is pure"),
    ("reader/query/listing.py", "import confluent_kafka", "Kafka is used by one package"),
    ("consumer/storage/writer.py", "import psycopg", "PostgreSQL is used by one package"),
    ("reader/query/listing.py", "import httpx", "HTTP requests are sent by one module"),
    ("reader/query/listing.py", "import fastavro", "fastavro is used only where Avro"),
    ("reader/query/listing.py", "import pydantic", "pydantic is used only by settings"),
    ("reader/query/listing.py", "import prometheus_client", "prometheus_client is used only where metrics"),
    ("reader/query/listing.py", "import opentelemetry", "OpenTelemetry is used by one module"),
    ("reader/auth/access.py", "import jwt", "Signatures are made and verified in three places"),
    ("export/key_files.py", "import export.cli", "The export imports one way"),
    ("export/verify/views.py", "import export.verify.rows", "The verifier imports one way"),
    ("export/format/keys.py", "import export.format.note", "The export's format imports one way"),
    ("export/format/days.py", "import os", "The export's format is pure"),
    ("export/verify/package.py", "import socket", "The verifier is offline and alone"),
    ("export/seal/folder.py", "import export.seal.start", "The sealer imports one way"),
)

# Who may read the environment, and why.
READ_ENVIRON = {
    "consumer/commands/cli_common.py",  # for all commands: hands it to settings.load
    "export/check/command.py",  # the commands of the export hand it to settings.load as well
    "export/create/command.py",
    "export/seal/command.py",
    "reader/cli.py",  # the same for the reader's
    "runtime/terminal.py",  # COLUMNS, as every program that prints tables
}

# Maps that are still being written, each by a change of its own.
UNMAPPED = ()
# Packages with several modules of their own; one of a single module needs no map.
MAPPED = [
    folder.relative_to(ROOT).as_posix()
    for name in (*PROGRAM, "sandbox")
    for folder in sorted({file.parent for file in (ROOT / name).rglob("__init__.py")})
    if len([*folder.glob("*.py"), *folder.glob("*/__init__.py")]) > 2
]

MAX_LINES = 200
LONGER = {
    "catalog/audit_types.py": "the catalog: one list, read as one",
    "reader/http/routes.py": "every endpoint, in one list",
}


def contracts(root: Path) -> tuple[int, str]:
    """What lint-imports says of the packages below `root`: its exit code and its words, on one line."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], check=False, cwd=root, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def copied(to: Path) -> Path:
    """The packages and the contracts, to be broken."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "golden", "examples")
        shutil.copytree(ROOT / package, to / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def reads_environ(text: str) -> bool:
    """Whether a module takes anything from the process's environment."""
    names = {"environ", "environb", "getenv", "getenvb"}
    nodes = list(ast.walk(ast.parse(text)))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    return bool(names & (imported | used))


def queries(texts: Mapping[str, str]) -> set[str]:
    """The names that modules ask `sql.query` for."""
    return {name for text in texts.values() for name in re.findall(r'\bquery\("([\w/]+)"\)', text)}


def too_long(texts: Mapping[str, str], longer: Mapping[str, str]) -> set[str]:
    """Modules that are too long without a reason, and reasons that no module needs."""
    found = {name for name, text in texts.items() if len(text.splitlines()) > MAX_LINES}
    return found ^ longer.keys()


def test_every_contract_is_kept() -> None:
    """The imports go one way, and each outside library is imported only where its contract allows."""
    code, said = contracts(ROOT)

    assert code == 0, said
    assert "0 broken" in said


def test_every_contract_refuses_its_breach(tmp_path: Path) -> None:
    """For each contract one line is enough to break it, and the breach is reported under the contract's name."""
    root = copied(tmp_path)
    for file, line, _ in BREACHES:
        with (root / file).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    code, said = contracts(root)

    assert code == 1, said
    assert [name for *_, name in BREACHES if not re.search(rf"{name}[^.]*? BROKEN", said)] == []
    assert f"0 kept, {len(BREACHES)} broken" in said


def test_a_module_outside_the_layers_is_refused(tmp_path: Path) -> None:
    """A new module must be given its place before anything can use it."""
    root = copied(tmp_path)
    (root / "consumer" / "helpers.py").write_text("")
    code, said = contracts(root)

    assert code == 1, said
    assert "consumer.helpers" in said


def test_only_the_commands_read_the_environment() -> None:
    """Everything below the commands is handed what it needs."""
    assert {name for name, text in sources(*PROGRAM) if reads_environ(text)} == READ_ENVIRON


@pytest.mark.parametrize(
    "text", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ as e"]
)
def test_a_look_at_the_environment_is_seen(text: str) -> None:
    """However a module reads the environment, the guard sees it."""
    assert reads_environ(text)
    assert not reads_environ("import os\n\ndef load(environ: dict[str, str]) -> int:\n    return os.getpid()")


def test_no_module_is_too_long() -> None:
    """A module that a person cannot hold in mind is two, unless it is listed with the reason why it is one."""
    texts = dict(sources(*PROGRAM, "sandbox"))

    assert too_long(texts, LONGER) == set()
    assert too_long({"a.py": "x\n" * 201, "b.py": "x\n" * 200}, {}) == {"a.py"}
    assert too_long({"b.py": "x\n" * 200}, {"b.py": "no longer"}) == {"b.py"}


def test_every_query_is_used_and_every_used_query_exists() -> None:
    """No statement lies about unused, and none is asked for that is not there."""
    folder = ROOT / "sql" / "queries"
    files = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.sql")}

    assert queries(dict(sources(*PROGRAM, "sandbox"))) == files
    assert queries({"a.py": 'sql.query("consumer/claim_take"), query("no_file")'}) - files == {"no_file"}


def children(package: Path) -> set[str]:
    """The modules and packages directly below a package, but for how it is run."""
    below = {path.parent.name for path in package.glob("*/__init__.py")}
    return below | {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}


def map_faults(docstring: str, names: set[str]) -> list[str]:
    """What a package's map leaves out, lists twice, or lists though it is not there.

    A map is a list in the docstring: lines of `name  what it is for`, or bullets of a name in backticks and a
    colon; several names have commas between. A name in backticks anywhere in the docstring counts as named, too.
    """
    heads = re.findall(r"^ {0,4}(\w+(?:, \w+)*)(?= {2,}\S)|^\* ([^:]*`):", docstring, re.MULTILINE)
    entries = [name for plain, quoted in heads for name in re.findall(r"\w+", plain or quoted)]
    named = {*entries, *re.findall(r"`(\w+)`", docstring)}
    return [
        *(f"{name} is missing" for name in sorted(names - named)),
        *(f"{name} is listed {entries.count(name)} times" for name in sorted(set(entries)) if entries.count(name) > 1),
        *(f"{name} is not there" for name in sorted(set(entries) - names)),
    ]


@pytest.mark.parametrize(
    "package",
    [
        pytest.param(name, marks=[pytest.mark.xfail(strict=False)] if name.partition("/")[0] in UNMAPPED else [])
        for name in MAPPED
    ],
)
def test_a_package_names_each_of_its_modules_once(package: str) -> None:
    """A reader who opens a package finds in its docstring what each module is for."""
    folder = ROOT / package
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")), clean=False) or ""

    assert map_faults(docstring, children(folder)) == []


def test_a_map_that_is_not_complete_is_refused() -> None:
    """A module that is left out, one that is named twice and one that is gone are each reported by name."""
    docstring = (
        "Sums up.\n\n    alpha        first\n    beta, gamma  second\n    beta         again\n    old          gone\n"
    )

    assert map_faults(docstring, {"alpha", "beta", "gamma", "delta"}) == [
        "delta is missing", "beta is listed 2 times", "old is not there"
    ]  # fmt: skip
    assert map_faults("Sums up.\n\n    alpha  first\n", {"alpha"}) == []
    assert map_faults("Sums up.\n\n* `alpha`, `beta`: both;\n", {"alpha", "beta"}) == []
    assert map_faults("`alpha` comes before `beta`.", {"alpha", "beta"}) == []
