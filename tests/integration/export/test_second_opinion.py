"""golang.org/x/mod/sumdb (note, tlog), pymerkle and openssl, sha256sum, jq agree with `export.format`."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymerkle
import pytest

from export.format import merkle
from export.format.keys import SigningKey
from tests.export_package import ABSENT, LOG, STRANGER, WORKSPACE, Log, Package, honest_log, root_hash, row

PROGRAM = Path(__file__).parents[2] / "second_opinion"
SCRIPT = Path(__file__).parents[3] / "docs" / "verify-export.sh"


def long_log(size: int) -> Log:
    """A log of many seals with nothing new."""
    log = Log()
    for _ in range(size):
        log.seal({WORKSPACE: [("2026-11-01", row(WORKSPACE, "2026-11-01", 1))]} if not log.records else {})
    return log


def question(log: Log, key: SigningKey = LOG, seals: Sequence[int] | None = None) -> dict[str, Any]:
    """What the Go program is asked: every view of a log."""
    views = []
    for seal in range(len(log.records)) if seals is None else seals:
        view = log.view(WORKSPACE, seal)
        views.append(
            {
                "Record": view["record"],
                "Seal": seal,
                "Inclusion": view["inclusion"],
                "Consistency": view["consistency"],
                "OldRoot": log.checkpoint(seal + 1).root.hex(),
            }
        )
    return {"Vkey": key.verifier.encode(), "Checkpoint": log.known(len(log.records)).decode(), "Views": views}


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in Go, built."""
    if (go := shutil.which("go")) is None:
        pytest.skip("Go is not installed: apt-get install golang (golang.org/x/mod/sumdb verifies the packages too)")
    program = tmp_path_factory.mktemp("go") / "second_opinion"
    built = subprocess.run([go, "build", "-o", program, "."], cwd=PROGRAM, capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.skip(f"go cannot build the second opinion (no module proxy, or go is too old): {built.stderr[-300:]}")
    return program


def opinions(program: Path, questions: list[dict[str, Any]]) -> list[str]:
    process = subprocess.run([program], input=json.dumps(questions), capture_output=True, text=True, check=True)
    return process.stdout.splitlines()


def test_go_accepts_checkpoints_and_proofs_of_every_seal(go_program: Path) -> None:
    questions = [question(long_log(size)) for size in (1, 2, 3, 4, 5, 7, 8, 9, 13)]

    assert opinions(go_program, questions) == ["ok"] * len(questions)


def test_go_refuses_what_we_refuse(go_program: Path) -> None:
    log = honest_log()
    stranger, record, proof = question(log, STRANGER), question(log), question(log)
    record["Views"][2]["Record"] += " "
    proof["Views"][1]["Consistency"] = proof["Views"][0]["Consistency"]

    answers = opinions(go_program, [stranger, record, proof, question(log)])

    assert ["ok" in answer for answer in answers] == [False, False, False, True]


@pytest.mark.parametrize("size", range(1, 34))
def test_pymerkle_gives_the_same_roots_and_inclusion_proofs(size: int) -> None:
    data = [f"record {number}\n".encode() for number in range(size)]
    leaves = [merkle.leaf_hash(record) for record in data]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for record in data:
        tree.append_entry(record)

    assert tree.get_root() == root_hash(leaves)
    for index in range(size):
        ranges = merkle.inclusion_ranges(index, size)
        roots = merkle.range_roots(leaves, ranges)
        ours = [roots[span] for span in ranges]
        assert tree.prove_inclusion(index + 1, size).path[1:] == ours


@pytest.fixture
def tools() -> None:
    """The public tools of section 15."""
    missing = [tool for tool in ("openssl", "sha256sum", "jq", "awk") if shutil.which(tool) is None]
    if missing:
        pytest.skip(
            f"not on the PATH: {', '.join(missing)}; the script of docs/export.md needs them: apt-get install jq"
        )


def script(package: Package, folder: Path) -> subprocess.CompletedProcess[str]:
    package.write(folder)
    (folder / "log.pem").write_bytes(LOG.public_pem())
    asked = package.asked
    return subprocess.run(
        ["sh", SCRIPT, folder / "package", folder / "log.pem", asked["workspace"], asked["from"], asked["to"]],
        capture_output=True,
        text=True,
        check=False,
    )


def plain_package() -> Package:
    """A package whose cells have no line breaks, which the script's awk needs."""
    log = Log()
    days = [("2026-11-01", row(WORKSPACE, "2026-11-01", number)) for number in range(3)]
    log.seal({WORKSPACE: days, "org_globex": [("2026-11-01", row("org_globex", "2026-11-01", 9))]})
    log.seal(
        {WORKSPACE: [("2026-11-03", row(WORKSPACE, "2026-11-03", 4)), ("2026-11-05", row(WORKSPACE, "2026-11-05", 5))]}
    )
    log.seal(
        {f"org_{number}": [("2026-11-01", row(f"org_{number}", "2026-11-01", number))] for number in range(10, 30)}
    )
    return Package(log, views=(0, 2))


@pytest.mark.usefixtures("tools")
def test_public_tools_verify_a_package(tmp_path: Path) -> None:
    process = script(plain_package(), tmp_path)

    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.endswith("all checks of this script hold: 4 rows\n")


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("row", "the rows of 2026-11-01"),
        ("row left out", "the rows of 2026-11-03"),
        ("row more", "audit.csv goes on"),
        ("path", "the map"),
        ("inclusion", "the log"),
        ("accounts", "accounts.csv"),
        ("signature", "the signature"),
        ("days", "the days"),
    ],
)
def test_public_tools_find_a_fault(fault: str, words: str, tmp_path: Path) -> None:
    package = plain_package()
    match fault:
        case "row":
            package.csv = package.csv.replace(b"user_2", b"user_3", 1)
        case "row left out":
            package.csv = package.csv[: package.csv.index(b'"2026-11-03')]
        case "row more":
            package.csv += row(WORKSPACE, "2026-11-04", 9)
        case "path":
            package.view["path"][0] = "0" * 64
        case "inclusion":
            package.view["inclusion"][0] = "0" * 64
        case "accounts":
            package.accounts += b"x"
        case "signature":
            package.checkpoint_keys = [STRANGER]
        case "days":
            package.view["days"] = package.log.view("org_globex", 2)["days"]
    process = script(package, tmp_path)

    assert process.returncode == 1
    assert words in process.stderr


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(
    ("workspace", "words"),
    [(WORKSPACE, "a cell of 2026-11-02 has a line break"), (ABSENT, f"the package has no entry of {ABSENT}")],
)
def test_what_public_tools_cannot_read_is_not_called_altered(workspace: str, words: str, tmp_path: Path) -> None:
    """Who reads the line asks our program, and does not report a change that nobody made."""
    process = script(Package(honest_log(), workspace=workspace), tmp_path)

    assert process.returncode == 1
    assert f"{words}, which this script cannot" in process.stderr
    assert "use audit-export verify" in process.stderr
