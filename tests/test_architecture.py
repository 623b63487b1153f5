"""The code is built as it says: who may import whom, who may read the environment, how long a module is, what is mapped.

Each guard is shown to refuse as well: a rule that has never refused anything may be misspelled.
"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from hatch_build import COMPILED, NATIVE
from tests.repository import PACKAGES, PROGRAM, ROOT, sources

# One breach for each contract of pyproject.toml, as (file, line to add), and the beginning of the contract's name.
BREACHES: tuple[tuple[str, str, str], ...] = (
    ("catalog/topics.py", "import consumer.polling.loop", "Tests use the sandbox, both use the programs"),
    ("runtime/terminal.py", "import catalog.topics", "Runtime does not depend on auditing"),
    ("consumer/polling/loop.py", "import consumer.run", "The consumer imports one way"),
    ("consumer/polling/intake.py", "import consumer.polling.loop", "The loop's parts import one way"),
    ("consumer/event/diff.py", "import time", "The core is pure"),
    ("reader/query/key_index.py", "import reader.html.pages", "The reader imports one way"),
    ("reader/html/pages.py", "import time", "What a request means and how a page looks is pure"),
    ("reader/query/listing.py", "import confluent_kafka", "Kafka is used only by the consumer's clients"),
    ("consumer/storage/writer.py", "import psycopg", "PostgreSQL is used by one package"),
    ("reader/query/listing.py", "import httpx", "HTTP requests are sent by one module"),
    ("export/keygen.py", "import starlette", "The web framework is used by the reader alone"),
    ("export/cli.py", "import typer", "typer is used only by the commands"),
    ("reader/query/listing.py", "import orjson", "orjson is used only where"),
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
    ("export/copies/destination.py", "import export.copies.copier", "The copies of checkpoints import one way"),
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

# Packages with several modules of their own; one of a single module needs no map.
MAPPED = [
    folder.relative_to(ROOT).as_posix()
    for name in (*PROGRAM, "sandbox")
    for folder in sorted({file.parent for file in (ROOT / name).rglob("__init__.py")})
    if len([*folder.glob("*.py"), *folder.glob("*/__init__.py")]) > 2
]

MAX_LINES = 200
MAX_LAYERS = 10
LONGER = {
    "catalog/audit_types.py": "the catalog: one list, read as one",
    "reader/http/routes.py": "every endpoint, in one list",
}
MAX_TEST_LINES = 300
LONGER_TESTS = {
    "tests/mutants.py": "the list of mutants, read as a list",
    "tests/seal_mutants.py": "the sealer's part of that list",
    "tests/export_package.py": "one package and every way to change it, for all tests of the verifier",
    "tests/deploy/test_helm.py": "everything that the chart promises, by what it renders",
    "tests/integration/export/test_seal.py": "every promise of the sealer, on one world",
    "tests/integration/export/test_tampering.py": "every way to change what was sealed, in one table",
    "tests/integration/reader/test_hostile.py": "every hostile request, against one site",
    "tests/integration/reader/test_listing.py": "what a list promises, on one set of entries",
    "tests/integration/reader/test_servers.py": "a primary and its standbys, with what sets them up",
    "tests/integration/reader/test_sessions.py": "every way through a renewal, with one browser",
    "tests/integration/sandbox/test_services.py": "every service of the sandbox, by the same questions",
    "tests/integration/sandbox/test_traffic.py": "every scenario of the traffic, by what it becomes",
    "tests/security/test_kafka.py": "every way of signing in to Kafka, and each refusal",
    "tests/unit/consumer/test_metrics.py": "every metric of the consumer",
    "tests/unit/consumer/test_polled.py": "every kind of message that the client gives",
    "tests/unit/export/attacks/on_proof.py": "the attacks on proofs, a list",
    "tests/unit/reader/test_clerk.py": "every claim of a token, and each refusal",
    "tests/unit/schemas/test_schema_files.py": "what each schema and example must be, with the table of SPEC",
    "tests/ops/test_faults.py": "every alert by a real fault, on one stack",
}


def contracts(root: Path) -> tuple[int, str]:
    """What lint-imports says of the packages below `root`: its exit code and its words, on one line."""
    program = Path(sys.executable).with_name("lint-imports")
    process = subprocess.run([program, "--no-cache"], check=False, cwd=root, capture_output=True, text=True)
    return process.returncode, " ".join((process.stdout + process.stderr).split())


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
    if not any(name in text for name in names):
        return False  # most modules, without the time that parsing takes
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


def too_long(texts: Mapping[str, str], longer: Mapping[str, str], max_lines: int = MAX_LINES) -> set[str]:
    """Modules with more than `max_lines` lines and without a reason, and reasons that no module needs."""
    long_files = {name for name, text in texts.items() if len(text.splitlines()) > max_lines}
    return long_files ^ longer.keys()


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


def test_what_is_compiled_exists() -> None:
    """A module that is moved stays in the lists of what the wheel compiles, Python and C."""
    files = [f"{name}.py" for name in COMPILED] + [f"{name}.c" for name in NATIVE]
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_layers_can_be_kept_in_mind() -> None:
    """No contract names more than ten (decision 30)."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {contract["name"]: len(contract["layers"]) for contract in listed if contract["type"] == "layers"}
    assert len(layers) > 5
    assert {name: number for name, number in layers.items() if number > MAX_LAYERS} == {}


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
    assert too_long(dict(sources("tests")), LONGER_TESTS, MAX_TEST_LINES) == set()
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
    Where there is no list, the map is prose: each lower-case word in backticks is an entry, but for how it is run.
    """
    heads = re.findall(r"^ {0,4}(\w+(?:, \w+)*)(?= {2,}\S)|^\* ([^:]*`):", docstring, re.MULTILINE)
    listed = [name for plain, quoted in heads for name in re.findall(r"\w+", plain or quoted)]
    entries = listed or [name for name in re.findall(r"`([a-z]\w*)`", docstring) if name.islower()]
    named = {*entries, *re.findall(r"`(\w+)`", docstring)}
    return [
        *(f"{name} is missing" for name in sorted(names - named)),
        *(f"{name} is listed {entries.count(name)} times" for name in sorted(set(entries)) if entries.count(name) > 1),
        *(f"{name} is not there" for name in sorted(set(entries) - names)),
    ]


@pytest.mark.parametrize("package", MAPPED)
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


def test_a_map_in_prose_that_is_not_complete_is_refused() -> None:
    """Without a list, the names in the sentences are the entries: each is reported as in a list."""
    docstring = "`alpha` reads what `beta` writes with `old`.\n\n`beta` is run by `__main__`, with `MAX` and `a-b`.\n"

    assert map_faults(docstring, {"alpha", "beta", "delta"}) == [
        "delta is missing", "beta is listed 2 times", "old is not there"
    ]  # fmt: skip
