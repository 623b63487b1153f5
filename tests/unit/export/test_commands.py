"""keygen, rotate, inspect, and what all commands have in common."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from export.format.keys import SigningKey, parse_key_file, parse_vkey
from export.format.note import parse_note, sign_note, verify_signatures
from export.verify import program
from export.verify.program import Parser, run
from tests.export_package import EXPORTER, LOG, SECOND_LOG, STRANGER, Package, audit_export, honest_log, policy_text

NAME = "audit.example.com/log"
ROOT = Path(__file__).parents[3]


def keygen(path: Path, name: str = NAME) -> str:
    result = audit_export("keygen", name, "--out", str(path))
    assert (result.code, result.stderr) == (0, "")
    return result.stdout


def test_keygen_writes_three_files_and_prints_the_vkey(tmp_path: Path) -> None:
    printed = keygen(tmp_path / "log")
    key = parse_key_file((tmp_path / "log.key").read_bytes())
    public = serialization.load_pem_public_key((tmp_path / "log.pem").read_bytes())

    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.key", "log.pem", "log.vkey"]
    assert (tmp_path / "log.vkey").read_text() == printed
    assert parse_vkey(printed.strip()) == key.verifier
    assert key.name == NAME
    assert public == key.private.public_key()
    assert (tmp_path / "log.key").read_bytes().startswith(b"# audit.example.com/log\n-----BEGIN PRIVATE KEY-----\n")
    assert (tmp_path / "log.key").stat().st_mode & 0o777 == 0o600


def test_keygen_makes_another_key_each_time(tmp_path: Path) -> None:
    assert keygen(tmp_path / "one") != keygen(tmp_path / "two")


@pytest.mark.parametrize("there", ["log.key", "log.pem", "log.vkey"])
def test_keygen_overwrites_nothing(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("precious")

    result = audit_export("keygen", NAME, "--out", str(tmp_path / "log"))

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("MALFORMED - ")
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "precious"


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\x7fb", "a\x85b", "\udcff", "a\u202eb"]
)
def test_keygen_refuses_a_name_that_a_note_cannot_hold(name: str, tmp_path: Path) -> None:
    result = audit_export("keygen", name, "--out", str(tmp_path / "log"))

    assert result.code == 2
    assert list(tmp_path.iterdir()) == []


def test_keygen_says_where_it_cannot_write(tmp_path: Path) -> None:
    result = audit_export("keygen", NAME, "--out", str(tmp_path / "missing" / "log"))

    assert result.code == 2
    assert "cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize("name", ["log.key", "log.vkey"])
def test_keygen_names_the_file_for_which_there_is_no_room(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system names it only where a file cannot be opened. None of the files is left."""

    def full(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == name:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = audit_export("keygen", NAME, "--out", str(tmp_path / "log"))

    assert (result.code, list(tmp_path.iterdir())) == (2, [])
    assert result.stderr == f"MALFORMED - '{tmp_path}/{name}' cannot be written: No space left on device\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Two keys of one name, and one of another."""
    keygen(tmp_path / "old")
    keygen(tmp_path / "new")
    keygen(tmp_path / "other", "other.example")
    return tmp_path


def rotate(folder: Path, old: str, new: str) -> tuple[int, str, str]:
    paths = [str(folder / f"{name}.key") for name in (old, new)]
    result = audit_export("rotate", "--old", paths[0], "--new", paths[1], "--out", str(folder / "note"))
    return result.code, result.stdout, result.stderr


def policy(folder: Path, *vkeys: str) -> str:
    (folder / "policy").write_text(
        "".join(f"log {vkey}\n" for vkey in vkeys) + f"exporter {EXPORTER.verifier.encode()}\n"
    )
    return str(folder / "policy")


def test_rotate_writes_a_note_signed_by_both_keys(keys: Path) -> None:
    code, printed, told = rotate(keys, "old", "new")
    note = parse_note((keys / "note").read_bytes(), "note")
    old, new = ((keys / f"{name}.vkey").read_text().strip() for name in ("old", "new"))
    lines = note.text.split("\n")

    assert (code, printed, told) == (0, f"{new}\n", "")
    assert lines[:3] == ["callmine-audit-rotation/1", f"old {old}", f"new {new}"]
    assert lines[3].startswith("time 20")
    assert len(lines) == 5
    assert verify_signatures(note, [parse_vkey(old), parse_vkey(new)], "note") == [parse_vkey(old), parse_vkey(new)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("old", "other", "different names"), ("old", "old", "the same key"), ("old", "missing", "cannot be opened")],
)
def test_rotate_refuses(old: str, new: str, words: str, keys: Path) -> None:
    code, _, told = rotate(keys, old, new)

    assert code == 2
    assert words in told
    assert not (keys / "note").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"# a\n", b"hello\n", b"# \n-----BEGIN", b"\xff", b"# a b\n-----BEGIN PRIVATE KEY-----\n", LOG.public_pem()],
)
def test_rotate_refuses_what_is_no_key_file(content: bytes, keys: Path) -> None:
    (keys / "new.key").write_bytes(content)

    code, _, told = rotate(keys, "old", "new")

    assert code == 2
    assert "is not a key file" in told


def test_rotate_overwrites_nothing(keys: Path) -> None:
    (keys / "note").write_text("precious")

    assert rotate(keys, "old", "new")[0] == 2
    assert (keys / "note").read_text() == "precious"


def test_a_rotation_is_inspected_with_a_policy_of_one_of_its_keys(keys: Path) -> None:
    """The old one before the rotation; the new one alone after it, when the old line was removed."""
    rotate(keys, "old", "new")
    old, new, other = ((keys / f"{name}.vkey").read_text().strip() for name in ("old", "new", "other"))

    good = audit_export("inspect", str(keys / "note"), "--policy", policy(keys, old))
    stranger = audit_export("inspect", str(keys / "note"), "--policy", policy(keys, other))
    only_new = audit_export("inspect", str(keys / "note"), "--policy", policy(keys, new))
    plain = audit_export("inspect", str(keys / "note"))

    assert good.code == 0
    assert good.stdout.startswith("VERIFIED - ")
    assert f"new {new}\n" in good.stdout
    assert (stranger.code, only_new.code) == (4, 0)
    assert plain.code == 0
    assert "NOT VERIFIED" in plain.stdout
    assert "VERIFIED - " not in plain.stdout


@pytest.mark.parametrize(("signer", "missing"), [("old", "new"), ("new", "old")])
def test_a_rotation_that_one_of_its_keys_did_not_sign_is_refused(signer: str, missing: str, keys: Path) -> None:
    old, new = (parse_key_file((keys / f"{name}.key").read_bytes()) for name in ("old", "new"))
    text = f"callmine-audit-rotation/1\nold {old.verifier.encode()}\nnew {new.verifier.encode()}\ntime 2026-11-06T15:00:00.000000Z\n"
    (keys / "note").write_bytes(sign_note(text, [{"old": old, "new": new}[signer]]).encode())

    result = audit_export(
        "inspect", str(keys / "note"), "--policy", policy(keys, old.verifier.encode(), new.verifier.encode())
    )

    assert result.code == 4
    assert f"not signed by the {missing} key" in result.stderr


@pytest.mark.parametrize(
    "edit", [("time 2026", "time 26"), ("old ", "Old "), ("\ntime", "\nmore\ntime"), (SECOND_LOG.verifier.encode(), LOG.verifier.encode())]
)  # fmt: skip
def test_a_rotation_out_of_form_is_malformed(edit: tuple[str, str], tmp_path: Path) -> None:
    text = (
        f"callmine-audit-rotation/1\nold {LOG.verifier.encode()}\nnew {SECOND_LOG.verifier.encode()}\n"
        "time 2026-11-06T15:00:00.000000Z\n"
    )
    (tmp_path / "note").write_bytes(sign_note(text.replace(*edit), [LOG, SECOND_LOG]).encode())

    result = audit_export("inspect", str(tmp_path / "note"), "--policy", policy(tmp_path, LOG.verifier.encode()))

    assert result.code == 2


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An honest package, and its policy beside it."""
    Package(honest_log()).write(tmp_path)
    return tmp_path


def test_a_package_is_inspected(package: Path) -> None:
    result = audit_export("inspect", str(package / "package"), "--policy", str(package / "policy"))

    assert (result.code, result.stderr) == (0, "")
    assert "signed by: exporter audit.example.com/exporter\n" in result.stdout
    assert "signed by: log audit.example.com/log\n" in result.stdout


@pytest.mark.parametrize("keys", [{"logs": (STRANGER,)}, {"exporters": (STRANGER,)}])
def test_a_package_by_others_is_untrusted(keys: dict[str, tuple[()]], package: Path) -> None:
    (package / "policy").write_text(policy_text(**keys))

    result = audit_export("inspect", str(package / "package"), "--policy", str(package / "policy"))

    assert result.code == 4
    assert result.stderr.startswith("UNTRUSTED - ")


def test_inspect_shows_nothing_that_changes_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(sign_note("right\u202eleft\u200b\n", [LOG]).encode())

    assert "right\\u202eleft\\u200b\n" in audit_export("inspect", str(tmp_path / "note")).stdout


@pytest.mark.parametrize("target", ["missing", "."])
def test_inspect_says_what_is_not_there(target: str, tmp_path: Path) -> None:
    result = audit_export("inspect", str(tmp_path / target))

    assert result.code == 2
    assert "cannot be opened" in result.stderr


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
    ("error", "code", "told"),
    [
        (KeyError("a fault of ours"), 2, "MALFORMED - internal error, please report it: KeyError('a fault of ours')\n"),
        (OSError(5, "Input/output error"), 2, "MALFORMED - cannot read: OSError(5, 'Input/output error')\n"),
        (MemoryError(), 2, "MALFORMED - cannot read: MemoryError()\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_whatever_happens_there_is_no_traceback(
    error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> str:
        raise error

    parser = Parser(prog="audit-export")
    parser.set_defaults(command=fail)

    assert run(parser, []) == code
    assert tuple(capsys.readouterr()) == ("", told)


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
    done = subprocess.run(
        [*command, "--from", "2026-11-01", "--to", "2026-11-05"], capture_output=True, text=True, check=False
    )
    other = subprocess.run(
        [*command, "--from", "2026-11-01", "--to", "2026-11-04"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "VERIFIED", "")
    assert (other.returncode, other.stdout, other.stderr.split(" - ")[0]) == (6, "", "WRONG SCOPE")


def test_a_reader_that_is_gone_changes_no_exit_code(package: Path) -> None:
    installed = Path(sys.executable).with_name("audit-export")
    with subprocess.Popen(
        [installed, "inspect", package / "package"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()

    assert (process.returncode, told) == (0, b"")


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

    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], cwd=package, env=environ, capture_output=True, check=False
    )

    assert whole.returncode == done.returncode == code
    assert done.stdout == (b"" if " >&-" in f" {closed}" else whole.stdout)
    assert done.stderr == (b"" if "2>&-" in closed else whole.stderr)


def test_closed_descriptors_are_the_null_device(tmp_path: Path) -> None:
    """Where a key is written to, an error message must not go."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m export keygen {NAME} --out {tmp_path}/log <&- >&- 2>&-"],
        cwd=ROOT,
        check=False,
    )

    assert done.returncode == 0
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
