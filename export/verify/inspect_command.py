"""`inspect FOLDER or NOTE`: prints notes and, with a policy, who of it signed them."""

import argparse
import os
from typing import Any

from export.format.errors import Verdict, untrusted
from export.format.keys import VerifierKey
from export.format.note import Note, parse_note, verify_signatures
from export.format.policy import Policy, parse_policy
from export.format.rotation import is_rotation, parse_rotation
from export.verify.package import MANIFEST, read_small


def add_parser(commands: Any) -> None:
    """Adds the command to a program's; `commands` is what argparse's add_subparsers gives."""
    parser = commands.add_parser(
        "inspect",
        help="print the notes of a package, or one note",
        description="Prints the notes of a package, or one note: a checkpoint, a manifest, a rotation. With a policy, "
        "exits with 4 unless a log or exporter key of it signed each. It verifies no package: that is `verify`.",
    )
    parser.add_argument("target", metavar="FOLDER|NOTE")
    parser.add_argument("--policy", metavar="FILE", help="whose signatures you accept")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    if arguments.policy is None:
        notes = _read_notes(arguments.target)
        return "".join(_describe(source, note, None) for source, note in notes.items())
    policy = parse_policy(read_small(arguments.policy, "the policy"), "the policy")
    notes = _read_notes(arguments.target)
    signers = {source: _check(note, policy, source) for source, note in notes.items()}
    first = f"{Verdict.VERIFIED.word} - signatures only: each note is signed by a key of the policy\n"
    return first + "".join(_describe(source, note, signers[source]) for source, note in notes.items())


def _read_notes(target: str) -> dict[str, Note]:
    if os.path.isdir(target):  # noqa: PTH112 a path that Path() cannot hold is no folder either
        paths = {name: os.path.join(target, name) for name in (MANIFEST, "checkpoint")}  # noqa: PTH118
    else:
        paths = {"the note": target}
    return {source: parse_note(read_small(path, source), source) for source, path in paths.items()}


def _check(note: Note, policy: Policy, source: str) -> list[str]:
    """Gives the signers; UNTRUSTED unless a log or exporter key signed: one of the two that a rotation names, which both signed."""
    trusted = (*policy.logs, *policy.exporters)
    signers = list(verify_signatures(note, policy.keys, source))
    if is_rotation(note):
        rotation = parse_rotation(note, source)
        trusted = tuple(key for key in trusted if key in {rotation.old, rotation.new})
        for name, key in (("old", rotation.old), ("new", rotation.new)):
            if not verify_signatures(note, [key], source):
                raise untrusted(f"{source} is not signed by the {name} key, {key.encode()}")
    if not any(key in trusted for key in signers):
        raise untrusted(f"{source} is not signed by a log or exporter key of the policy that may sign it")
    return [_role(key, policy) for key in signers]


def _role(key: VerifierKey, policy: Policy) -> str:
    role = "log" if key in policy.logs else "exporter" if key in policy.exporters else "witness"
    return f"{role} {key.name}"


def _describe(source: str, note: Note, signers: list[str] | None) -> str:
    lines = [f"--- {source}", *(_printable(line) for line in note.text[:-1].split("\n"))]
    lines += [f"    signature line of {_printable(line.name)}, key id {line.key_id.hex()}" for line in note.signatures]
    verified = "NOT VERIFIED: no --policy" if signers is None else ", ".join(signers)
    return "\n".join([*lines, f"    signed by: {verified}", ""])


def _printable(line: str) -> str:
    """The line, with what would change how a terminal shows it escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
