"""keygen, rotate, inspect; what all commands have in common is in test_program."""

import errno
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from export.format.keys import parse_key_file, parse_vkey
from export.format.note import parse_note, sign_note, verify_signatures
from tests.export_package import EXPORTER, LOG, SECOND_LOG, STRANGER, Package, audit_export, honest_log, policy_text

NAME = "audit.example.com/log"


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


@pytest.mark.parametrize("out", ["", "keys/", ".", "..", "keys/.", "keys/.."])
def test_what_names_no_file_is_written_nowhere(out: str, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to a hidden file `.key`, and not to a file beside the folder that was meant."""
    (keys / "keys").mkdir()
    monkeypatch.chdir(keys)
    before = sorted(keys.rglob("*"))

    key_pair = audit_export("keygen", NAME, "--out", out)
    rotated = audit_export("rotate", "--old", "old.key", "--new", "new.key", "--out", out)

    for result in (key_pair, rotated):
        assert (result.code, result.stdout) == (2, "")
        assert result.stderr == f"MALFORMED - --out names no file: {out!r}; give a path that ends with a name\n"
    assert sorted(keys.rglob("*")) == before


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
    code, printed, errors = rotate(keys, "old", "new")
    note = parse_note((keys / "note").read_bytes(), "note")
    old, new = ((keys / f"{name}.vkey").read_text().strip() for name in ("old", "new"))
    lines = note.text.split("\n")

    assert (code, printed, errors) == (0, f"{new}\n", "")
    assert lines[:3] == ["callmine-audit-rotation/1", f"old {old}", f"new {new}"]
    assert lines[3].startswith("time 20")
    assert len(lines) == 5
    assert verify_signatures(note, [parse_vkey(old), parse_vkey(new)], "note") == [parse_vkey(old), parse_vkey(new)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("old", "other", "different names"), ("old", "old", "the same key"), ("old", "missing", "cannot be opened")],
)
def test_rotate_refuses(old: str, new: str, words: str, keys: Path) -> None:
    code, _, errors = rotate(keys, old, new)

    assert code == 2
    assert words in errors
    assert not (keys / "note").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"# a\n", b"hello\n", b"# \n-----BEGIN", b"\xff", b"# a b\n-----BEGIN PRIVATE KEY-----\n", LOG.public_pem()],
)
def test_rotate_refuses_what_is_no_key_file(content: bytes, keys: Path) -> None:
    (keys / "new.key").write_bytes(content)

    code, _, errors = rotate(keys, "old", "new")

    assert code == 2
    assert "is not a key file" in errors


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
