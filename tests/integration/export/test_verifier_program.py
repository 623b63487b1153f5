"""The verifier as a program: its exit codes, and what becomes of the standard streams."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from export.format.keys import SigningKey, parse_key_file
from tests.export_package import STRANGER, Package, honest_log, policy_text
from tests.repository import ROOT

NAME = "audit.example.com/log"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An honest package, and its policy beside it."""
    Package(honest_log()).write(tmp_path)
    return tmp_path


def test_the_program_as_it_is_installed(package: Path) -> None:
    installed = Path(sys.executable).with_name("audit-export")
    command = [
        str(installed),
        "verify",
        str(package / "package"),
        "--workspace",
        "org_acme",
        "--policy",
        str(package / "policy"),
    ]
    process = subprocess.run(
        [*command, "--from", "2026-11-01", "--to", "2026-11-05"], capture_output=True, text=True, check=False
    )
    other = subprocess.run(
        [*command, "--from", "2026-11-01", "--to", "2026-11-04"], capture_output=True, text=True, check=False
    )

    assert (process.returncode, process.stdout.split()[0], process.stderr) == (0, "VERIFIED", "")
    assert (other.returncode, other.stdout, other.stderr.split(" - ")[0]) == (6, "", "WRONG SCOPE")


def test_a_reader_that_is_gone_changes_no_exit_code(package: Path) -> None:
    installed = Path(sys.executable).with_name("audit-export")
    with subprocess.Popen(
        [installed, "inspect", package / "package"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("arguments", [("--show-completion", "bash"), ("--version",), ("verify", "-h")])
def test_what_cannot_be_printed_is_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """On a full disk, say; here the process may write to no file. Nothing more is said when the interpreter ends."""
    installed = Path(sys.executable).with_name("audit-export")
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.run(
            ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", str(installed), *arguments],
            stdout=out,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
            check=False,
        )

    said = "MALFORMED - standard output cannot be written: File too large\n"
    assert (process.returncode, process.stderr) == (2, said)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("logs", "code"), [((), 0), ((STRANGER,), 4)])
@pytest.mark.parametrize("options", ["", " --json"])
def test_a_closed_descriptor_changes_no_exit_code(
    closed: str, logs: tuple[SigningKey, ...], code: int, options: str, package: Path
) -> None:
    """Nor what is printed on the others; a file that is opened is not taken for the one that was closed."""
    if logs:
        (package / "policy").write_text(policy_text(logs=logs))
    command = (
        f"{sys.executable} -m export.verify verify package --workspace org_acme --from 2026-11-01 --to 2026-11-05"
        f" --policy policy{options}"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole = subprocess.run(["/bin/sh", "-c", command], cwd=package, env=environ, capture_output=True, check=False)

    process = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], cwd=package, env=environ, capture_output=True, check=False
    )

    assert whole.returncode == process.returncode == code
    assert process.stdout == (b"" if " >&-" in f" {closed}" else whole.stdout)
    assert process.stderr == (b"" if "2>&-" in closed else whole.stderr)


def test_closed_descriptors_are_the_null_device(tmp_path: Path) -> None:
    """Where a key is written to, an error message must not go."""
    process = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m export keygen {NAME} --out {tmp_path}/log <&- >&- 2>&-"],
        cwd=ROOT,
        check=False,
    )

    assert process.returncode == 0
    assert parse_key_file((tmp_path / "log.key").read_bytes()).name == NAME
    assert (tmp_path / "log.vkey").read_text().count("\n") == 1
