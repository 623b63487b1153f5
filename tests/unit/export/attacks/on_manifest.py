"""Checks 2 to 4: who signed the manifest, what it says that it is, which files it names."""

from typing import Any

from export.format.errors import Verdict
from export.format.manifest import OTHER_FILES
from export.format.note import Note, Signature, parse_note, sign_note
from tests.export_package import EXPORTER, LOG, NEIGHBOR, SECOND_EXPORTER, STRANGER, Package, policy_text
from tests.unit.export.attacks.edits import (
    DROP,
    Attack,
    Edit,
    after,
    asked,
    digest,
    every,
    files,
    manifest,
    manifest_text,
    policy,
)

BAD, UNTRUSTED, WRONG = Verdict.MALFORMED, Verdict.UNTRUSTED, Verdict.WRONG_SCOPE


def signed_by(*keys: Any) -> Edit:
    """The manifest signed by other keys."""
    return lambda package: setattr(package, "manifest_keys", list(keys))


def with_line(name: str, key_id: bytes, signature: bytes, *, first: bool = False) -> Edit:
    """One more signature line."""

    def edit(data: bytes) -> bytes:
        note, line = parse_note(data, "manifest"), Signature(name, key_id, signature)
        return Note(note.text, (line, *note.signatures) if first else (*note.signatures, line)).encode()

    return after("manifest", edit)


def only_line(make: Any) -> Edit:
    """Another signature line in place of the exporter's; `make` gets the text."""
    return after("manifest", lambda data: Note(text := parse_note(data, "manifest").text, (make(text),)).encode())


def document_text(old: str, new: str) -> Edit:
    """The JSON text, edited and signed by the exporter."""

    def edit(package: Package) -> None:
        text = parse_note(package.files()["manifest"], "manifest").text
        assert old in text
        package.edit_manifest = lambda _: text.replace(old, new, 1)

    return edit


EXPORTER_ID, NAME = EXPORTER.verifier.key_id, EXPORTER.name
SIGNATURE = (
    Attack("signed by a stranger", UNTRUSTED, signed_by(STRANGER)),
    Attack("signed by the log's key", UNTRUSTED, signed_by(LOG)),
    Attack("signed by an exporter key that the policy lacks", UNTRUSTED, signed_by(SECOND_EXPORTER)),
    Attack("signed by an exporter whose line was removed", UNTRUSTED, policy(policy_text(exporters=(SECOND_EXPORTER,)))),
    Attack("one byte of the text", UNTRUSTED, after("manifest", lambda data: data.replace(b"org_acme", b"org_acne", 1))),
    Attack("one blank more in the text", UNTRUSTED, after("manifest", lambda data: b" " + data)),
    Attack("one line feed more in the text", UNTRUSTED, after("manifest", lambda data: data.replace(b"\n\n", b"\n\n\n", 1))),
    Attack("a signature of zeros", UNTRUSTED, only_line(lambda _: Signature(NAME, EXPORTER_ID, bytes(64)))),
    Attack("a signature cut short", UNTRUSTED, only_line(lambda t: Signature(NAME, EXPORTER_ID, EXPORTER.private.sign(t.encode())[:63]))),
    Attack("a signature of one byte", UNTRUSTED, only_line(lambda _: Signature(NAME, EXPORTER_ID, b"x"))),
    Attack("a signature and one byte", UNTRUSTED, only_line(lambda t: Signature(NAME, EXPORTER_ID, EXPORTER.private.sign(t.encode()) + b"x"))),
    Attack("the right key under another name", UNTRUSTED, only_line(lambda t: Signature("x", EXPORTER_ID, EXPORTER.private.sign(t.encode())))),
    Attack("the right key under another id", UNTRUSTED, only_line(lambda t: Signature(NAME, b"1234", EXPORTER.private.sign(t.encode())))),
    Attack("a stranger under the exporter's name and id", UNTRUSTED, only_line(lambda t: Signature(NAME, EXPORTER_ID, STRANGER.private.sign(t.encode())))),
    Attack("a signature over the text without its line feed", UNTRUSTED, only_line(lambda t: Signature(NAME, EXPORTER_ID, EXPORTER.private.sign(t[:-1].encode())))),
    Attack("a bad signature after the good one", UNTRUSTED, with_line(NAME, EXPORTER_ID, bytes(64))),
    Attack("a bad signature before the good one", UNTRUSTED, with_line(NAME, EXPORTER_ID, bytes(64), first=True)),
    Attack(
        "a bad signature of the second exporter beside a good one",
        UNTRUSTED,
        every(
            policy(policy_text(exporters=(EXPORTER, SECOND_EXPORTER))),
            with_line(NAME, SECOND_EXPORTER.verifier.key_id, bytes(64)),
        ),
    ),
    Attack("a bad signature of the log's key", UNTRUSTED, with_line(LOG.name, LOG.verifier.key_id, bytes(64))),
    Attack("the checkpoint's signature", UNTRUSTED, after("manifest", lambda data: data.split("\n—".encode())[0] + b"\n" + sign_note("x\n", [LOG]).encode().split(b"\n\n")[1])),
)  # fmt: skip

FORMAT = (
    Attack("JSON cut short", BAD, document_text("\n}\n", "\n")),
    Attack("an array", BAD, manifest_text("[]\n")),
    Attack("a string", BAD, manifest_text('"callmine-audit-export/1"\n')),
    Attack("null", BAD, manifest_text("null\n")),
    Attack("an empty object", BAD, manifest_text("{}\n")),
    Attack("only an empty text", BAD, manifest_text("\n")),
    Attack("another format", BAD, manifest({"format": "callmine-audit-export/2"})),
    Attack("no format", BAD, manifest({"format": DROP})),
    Attack("a list as format", BAD, manifest({"format": ["callmine-audit-export/1"]})),
    Attack("the proof's format", BAD, manifest({"format": "callmine-audit-proof/1"})),
    Attack("a name twice", BAD, document_text('"timezone"', '"workspace_id": "org_acme", "timezone"')),
    Attack("a name twice, deep down", BAD, document_text('"bytes"', '"bytes": 1, "bytes"')),
    Attack(
        "a name twice in what is for people",
        BAD,
        document_text('"entries_by_day": {', '"entries_by_day": {"a": 1, "a": 1'),
    ),
    Attack("NaN", BAD, document_text('"an auditor"', "NaN")),
    Attack("Infinity", BAD, document_text('"an auditor"', "-Infinity")),
    Attack("half a surrogate pair", BAD, document_text('"an auditor"', '"\\ud800"')),
    Attack("half a surrogate pair in a name", BAD, document_text('"requested_by"', '"\\udfff"')),
    Attack("a comment", BAD, document_text("{", "{/* */")),
    Attack("a comma too many", BAD, document_text("\n}\n", ",\n}\n")),
    Attack("single quotes", BAD, document_text('"timezone"', "'timezone'")),
    Attack("two documents", BAD, document_text("\n}\n", "\n}{}\n")),
    Attack("a byte order mark in the manifest", BAD, document_text("{", "\ufeff{")),
    Attack("nesting of 100,000 levels", BAD, document_text('"an auditor"', "[" * 100_000 + "]" * 100_000)),
    Attack("nesting that is not closed", BAD, document_text('"an auditor"', '{"a":' * 100_000)),
    Attack("a number of 10,000 digits", BAD, document_text('"an auditor"', "9" * 10_000)),
    Attack("a number of twenty digits", BAD, document_text('"an auditor"', "1" * 20)),
    Attack("a number that would be read as infinity", BAD, document_text('"an auditor"', "1e999")),
    Attack("a number that would be read as minus infinity", BAD, document_text('"an auditor"', "-1e999")),
    Attack("entries as text", BAD, manifest({"entries": "7"})),
    Attack("entries as a float", BAD, manifest({"entries": 7.0})),
    Attack("entries with an exponent", BAD, document_text('"entries": 7', '"entries": 7e0')),
    Attack("entries as a boolean", BAD, manifest({"entries": True})),
    Attack("entries as null", BAD, manifest({"entries": None})),
    Attack("no entries", BAD, manifest({"entries": DROP})),
    Attack("entries with a sign", BAD, document_text('"entries": 7', '"entries": +7')),
    Attack("entries with a zero before", BAD, document_text('"entries": 7', '"entries": 07')),
    Attack("entries of another script", BAD, document_text('"entries": 7', '"entries": ７')),
    Attack("minus no entries", BAD, document_text('"entries": 7', '"entries": -0')),
    Attack("negative entries", BAD, manifest({"entries": -7})),
)

SCOPE = (
    Attack("a package of another workspace", WRONG, asked(workspace=NEIGHBOR)),
    Attack("another case of the workspace", WRONG, asked(workspace="ORG_ACME")),
    Attack("a blank after the workspace", WRONG, asked(workspace="org_acme ")),
    Attack("an earlier first day", WRONG, asked(from_="2026-10-31")),
    Attack("a later first day", WRONG, asked(from_="2026-11-02")),
    Attack("a later last day", WRONG, asked(to="2026-11-06")),
    Attack("an earlier last day", WRONG, asked(to="2026-11-04")),
    Attack("the manifest says another workspace", WRONG, manifest({"workspace_id": NEIGHBOR})),
    Attack("the manifest says fewer days", WRONG, manifest({"to": "2026-11-04"})),
    Attack("the manifest says a longer time", WRONG, manifest({"from": "2026-10-01"})),
    Attack("another time zone", WRONG, manifest({"timezone": "Europe/Berlin"})),
    Attack("a lower-case time zone", WRONG, manifest({"timezone": "utc"})),
    Attack("another clock", WRONG, manifest({"clock": "recorded_at"})),
    Attack("no workspace", WRONG, manifest({"workspace_id": DROP})),
    Attack("a number as workspace", WRONG, manifest({"workspace_id": 7})),
    Attack("a list with the workspace", WRONG, manifest({"workspace_id": ["org_acme"]})),
    Attack(
        "a workspace nested 900 deep",
        WRONG,
        document_text('"workspace_id": "org_acme"', '"workspace_id": ' + "[" * 900 + "]" * 900),
    ),
    Attack("no clock", WRONG, manifest({"clock": None})),
    Attack("a day out of form", WRONG, manifest({"from": "2026-11-1"})),
)

NAMES = (
    *(Attack(f"{name} is not listed", BAD, files({name: DROP})) for name in OTHER_FILES),
    Attack("a sixth file", BAD, files({"extra": {"bytes": 0, "sha256": "0" * 64}})),
    Attack("the manifest lists itself", BAD, files({"manifest": {"bytes": 0, "sha256": "0" * 64}})),
    Attack("no files", BAD, manifest({"files": DROP})),
    Attack("files as a list", BAD, manifest({"files": list(OTHER_FILES)})),
    Attack("files as null", BAD, manifest({"files": None})),
    Attack("a digest as text", BAD, files({"README.txt": "0" * 64})),
    Attack("a digest without a size", BAD, digest("README.txt", bytes=DROP)),
    Attack("a digest without a hash", BAD, digest("README.txt", sha256=DROP)),
    Attack("a digest with a field more", BAD, digest("README.txt", sha1="0" * 40)),
    Attack("a size as text", BAD, digest("README.txt", bytes="9")),
    Attack("a size as a float", BAD, digest("README.txt", bytes=9.0)),
    Attack("a size as a boolean", BAD, digest("README.txt", bytes=True)),
    Attack("a negative size", BAD, digest("README.txt", bytes=-9)),
    Attack("a hash of 63 digits", BAD, digest("README.txt", sha256="0" * 63)),
    Attack("a hash in upper case", BAD, digest("README.txt", sha256="A" * 64)),
    Attack("a hash and a line feed", BAD, digest("README.txt", sha256="0" * 64 + "\n")),
    Attack("null as a hash", BAD, digest("README.txt", sha256=None)),
)
ATTACKS = (*SIGNATURE, *FORMAT, *SCOPE, *NAMES)
