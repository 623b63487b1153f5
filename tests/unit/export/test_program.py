"""What all commands have in common: usage and exit codes (as processes: tests/integration/export/test_verifier_program.py)."""

import pytest

from export.verify import program
from export.verify.program import Parser, run
from tests.export_package import audit_export


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
