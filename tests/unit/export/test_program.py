"""What all commands have in common: usage and exit codes (as processes: tests/integration/export/test_verifier_program.py)."""

import io
from pathlib import Path

import pytest

from export.cli import build_parser
from export.verify import program
from export.verify.program import Parser, run
from tests.export_package import EXPORTER, Package, audit_export, honest_log


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


class Broken(io.StringIO):
    """Takes nothing."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, _: str) -> int:
        raise self._error


@pytest.mark.parametrize("arguments", [("--show-completion", "bash"), ("-h",), ("--version",), ("verify", "-h")])
def test_what_is_printed_on_a_full_disk(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is all that was asked for, so the exit code is not that of a command that was done."""
    monkeypatch.setattr("sys.stdout", Broken(OSError(28, "No space left on device")))

    assert run(build_parser(), arguments) == 2
    assert capsys.readouterr().err == "MALFORMED - standard output cannot be written: No space left on device\n"


def test_what_nobody_reads_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind `| head`."""
    monkeypatch.setattr("sys.stdout", Broken(BrokenPipeError(32, "Broken pipe")))
    with pytest.raises(SystemExit) as ended:
        run(build_parser(), ["--show-completion", "bash"])
    assert ended.value.code in {0, None}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inspect", "NOTE", "--policy", ""), "the policy cannot be opened"),
        (("check", "--policy", ""), "the policy cannot be opened"),
        (("verify", "NOTE", "--policy", ""), "the policy cannot be opened"),
        (("verify", "NOTE", "--policy", "POLICY", "--known", ""), "--known 1 cannot be opened"),
        (("verify", "", "--policy", "POLICY"), "'' is not a folder"),
        (("create", "", "--policy", "POLICY"), "FOLDER is empty"),
        (("create", "NEW", "--policy", ""), "the policy cannot be opened"),
        (("create", "NEW", "--policy", "POLICY", "--known", ""), "--known 1 cannot be opened"),
        (("inspect", ""), "the note cannot be opened"),
        (("rotate", "--old", "", "--new", "KEY", "--out", "NEW"), "the key file cannot be opened"),
        (("rotate", "--old", "KEY", "--new", "", "--out", "NEW"), "the key file cannot be opened"),
        (("rotate", "--old", "KEY", "--new", "KEY", "--out", ""), "--out names no file"),
        (("keygen", "x/log", "--out", ""), "--out names no file"),
        (("seal", "--accept-restore", ""), "--accept-restore needs a reason"),
    ],
)
def test_an_empty_value_is_not_a_value_that_was_not_given(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script whose variable is empty gets no weaker check than the one it asked for."""
    Package(honest_log()).write(tmp_path)
    (tmp_path / "key").write_bytes(EXPORTER.encode())
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    monkeypatch.setenv("AUDIT_EXPORT_KEY", str(tmp_path / "key"))
    names = {"NOTE": "package", "POLICY": "policy", "KEY": "key", "NEW": "new"}
    monkeypatch.chdir(tmp_path)
    there = set(tmp_path.iterdir())
    scope = ("--workspace", "org_acme", "--from", "2026-11-01", "--to", "2026-11-05")
    why = ("--requested-by", "me", "--reason", "a test")
    more = {"verify": scope, "create": (*scope, *why)}.get(arguments[0], ())

    result = audit_export(*(str(tmp_path / names[word]) if word in names else word for word in arguments), *more)

    assert result.code == 2
    assert words in result.stderr
    assert set(tmp_path.iterdir()) == there


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
