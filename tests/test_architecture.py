"""The house is as it says: who may import whom, who may read the environment, how long a file is, what may be named.

Each guard is shown to refuse as well: a rule that has never refused anything may be misspelt.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("catalog", "consumer", "export", "reader", "runtime", "sandbox", "schemas", "sql", "tests")
PROGRAM = ("catalog", "consumer", "export", "reader", "runtime", "schemas", "sql")

# One breach for each contract of pyproject.toml, as (file, line to add), and the beginning of the contract's name.
BREACHES: tuple[tuple[str, str, str], ...] = (
    ("catalog/topics.py", "import consumer.loop", "Tests use the sandbox, both use the programs"),
    ("runtime/terminal.py", "import catalog.topics", "Runtime knows no word of auditing"),
    ("consumer/loop.py", "import consumer.run", "The consumer imports one way"),
    ("consumer/event/diff.py", "import time", "The core is pure"),
    ("reader/query/key_index.py", "import reader.html.pages", "The reader imports one way"),
    ("reader/html/pages.py", "import time", "What a request means and how a page looks is pure"),
    ("reader/query/listing.py", "import confluent_kafka", "Kafka has two doors"),
    ("consumer/storage/writer.py", "import psycopg", "PostgreSQL has one door"),
    ("reader/query/listing.py", "import httpx", "HTTP requests have one door"),
    ("reader/query/listing.py", "import fastavro", "The Avro library is known where bytes"),
    ("reader/query/listing.py", "import pydantic", "Settings alone know pydantic"),
    ("reader/query/listing.py", "import prometheus_client", "Prometheus is known where figures"),
    ("reader/query/listing.py", "import opentelemetry", "OpenTelemetry has one door"),
    ("reader/auth/access.py", "import jwt", "Tokens have two doors"),
    ("export/key_files.py", "import export.cli", "The export reads one way"),
    ("export/verify/views.py", "import export.verify.rows", "The verifier reads one way"),
    ("export/format/keys.py", "import export.format.note", "The export's format reads one way"),
    ("export/format/days.py", "import os", "The export's format is pure"),
    ("export/verify/package.py", "import socket", "The verifier is offline and alone"),
)

# Who may look at the environment, and why.
READ_ENVIRON = {
    "consumer/commands/cli_common.py",  # for all commands: hands it to settings.load
    "reader/cli.py",  # the same for the reader's
    "runtime/terminal.py",  # COLUMNS, as every program that prints tables
}

LONGEST = 200
LONGER = {
    "catalog/audit_types.py": "the catalogue: one list, read as one",
    "consumer/kafka/consumer.py": "one client, and what the binding makes of its callbacks and errors",
    "consumer/loop.py": "one loop: the order of its steps is its meaning",
    "consumer/storage/store.py": "one transaction, from the fence to the advance",
}

UNSPEAKABLE = re.compile(
    # Registries, by their hosts: they are the business of the client's own settings.
    r"pypi\.(?:org|python)|python[h]osted|repo1?\.maven|registry\.npmjs|crates\.io|proxy\.golang|deb\.debian|"
    r"(?:docker|ghcr|quay)\.io|"
    # Folders of one machine.
    r"(?<![\w.-])/(?:work|root|Users|home/[a-z]+)(?:/|\b)"
)


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


def sources(*packages: str) -> Iterator[tuple[str, str]]:
    """The Python files of `packages`, with their text."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def committed() -> list[Path]:
    """Every file that is committed, or would be by `git add --all`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True, cwd=ROOT, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


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
    found = {name for name, text in texts.items() if len(text.splitlines()) > LONGEST}
    return found ^ longer.keys()


def test_every_contract_is_kept() -> None:
    """The imports go one way, and each outside library comes in at its door."""
    code, said = contracts(ROOT)

    assert code == 0, said
    assert "0 broken" in said


def test_every_contract_refuses_its_breach(tmp_path: Path) -> None:
    """For each contract one line is enough to break it, and the breach is told by the contract's name."""
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
    """However a module looks at the environment, the guard sees it."""
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


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The repository works wherever it is cloned, and with whatever registry its clients are set up for."""
    named = []
    for path in committed():
        text = path.read_bytes().decode("utf-8", errors="replace")
        named += [f"{path.relative_to(ROOT)}: {found[0]}" for found in UNSPEAKABLE.finditer(text)]

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
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], check=True, cwd=ROOT, capture_output=True, text=True
    )

    assert targets == phony == helped
    assert {line.split()[0] for line in told.stdout.splitlines()} == targets
