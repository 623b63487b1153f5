"""What all commands have in common: usage, exit codes, and what becomes of the standard streams."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from export.format.keys import SigningKey, parse_key_file
from export.verify import program
from export.verify.program import Parser, run
from tests.export_package import STRANGER, Package, audit_export, honest_log, policy_text

NAME = "audit.example.com/log"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An honest package, and its policy beside it."""
    Package(honest_log()).write(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [(), ("nonsense",), ("verify",), ("keygen",), ("rotate",), ("inspect",), ("--nonsense",)]
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...]) -> None:
    result = audit_export(*arguments)

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("MALFORMED - ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("verify", ".", "--json", "--json"), ("seal", "--once", "--once"), ("seal", "--adopt", "--adopt")]
)
def test_a_flag_that_is_given_twice_is_refused(arguments: tuple[str, ...]) -> None:
    """As any option that is not repeatable (decision 40)."""
    result = audit_export(*arguments)

    assert result.code == 2
    assert f"{arguments[-1]} is given twice" in result.stdout + result.stderr


@pytest.mark.parametrize(
    "arguments", [("-h",), ("--version",), ("verify", "-h"), ("keygen", "--help"), ("inspect", "-h"), ("rotate", "-h")]
)
def test_help_and_version(arguments: tuple[str, ...]) -> None:
    result = audit_export(*arguments)

    assert (result.code, result.stderr) == (0, "")
    assert "audit-export" in result.stdout


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyError("a fault of ours"), 2, "MALFORMED - internal error, please report it: KeyError('a fault of ours')\n"),
        (OSError(5, "Input/output error"), 2, "MALFORMED - cannot read: OSError(5, 'Input/output error')\n"),
        (MemoryError(), 2, "MALFORMED - cannot read: MemoryError()\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_whatever_happens_there_is_no_traceback(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> str:
        raise error

    parser = Parser(prog="audit-export")
    parser.set_defaults(command=fail)

    assert run(parser, []) == code
    assert tuple(capsys.readouterr()) == ("", message)


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


def test_no_stream_and_no_null_device_change_no_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a chroot without /dev, with everything closed."""

    def nothing() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/dev/null")

    monkeypatch.setattr(program, "open_standard_streams", nothing)
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    parser = Parser(prog="audit-export")
    parser.set_defaults(command=lambda _: "VERIFIED - all of it\n")

    assert (run(parser, []), run(parser, ["--nonsense"])) == (0, 2)
