"""Checks 5 to 7: the checkpoint, its witnesses, the digests of four files."""

from collections.abc import Callable, Sequence

from export.format.errors import Verdict
from export.format.keys import SigningKey
from export.format.note import Note, Signature, sign_note
from tests.export_package import (
    EXPORTER,
    LOG,
    ORIGIN,
    SECOND_LOG,
    STRANGER,
    WITNESSES,
    Package,
    cosign,
    policy_text,
    signing_key,
    witness_lines,
    witness_vkey,
)
from tests.unit.export.attacks.edits import Attack, Edit, after, before, digest, every, policy, replaced

BAD, UNTRUSTED, TAMPERED, INCOMPLETE = Verdict.MALFORMED, Verdict.UNTRUSTED, Verdict.TAMPERED, Verdict.INCOMPLETE
W1 = WITNESSES["w1"]


def signed_by(*keys: SigningKey) -> Edit:
    """The checkpoint signed by other keys."""
    return lambda package: setattr(package, "checkpoint_keys", list(keys))


def text(edit: Callable[[str], str]) -> Edit:
    """Another text, signed by the log."""
    return lambda package: setattr(package, "checkpoint_text", edit(package.checkpoint_text))


def lines(edit: Callable[[list[str]], Sequence[str]]) -> Edit:
    """Other lines, signed by the log."""
    return text(lambda whole: "".join(f"{line}\n" for line in edit(whole.splitlines())))


def line(make: Callable[[str], Signature]) -> Edit:
    """One more signature line; `make` gets the text."""
    return lambda package: package.extra_lines.append(make(package.checkpoint_text))


def witnessed(*names: str) -> Edit:
    """Good cosignatures of these witnesses."""

    def edit(package: Package) -> None:
        package.extra_lines += [cosign(package.checkpoint_text, WITNESSES[name]) for name in names]

    return edit


def other_origin(package: Package) -> None:
    """A checkpoint that claims another origin, signed by the log."""
    package.checkpoint_text = package.checkpoint_text.replace(ORIGIN, "other.example/log")


CHECKPOINT = (
    Attack("two lines", BAD, lines(lambda old: old[:2])),
    Attack("four lines", BAD, lines(lambda old: [*old, "extension"])),
    Attack("an empty fourth line", BAD, lines(lambda old: [*old, ""])),
    Attack("an empty origin", BAD, lines(lambda old: ["", *old[1:]])),
    Attack("a size with a zero before", BAD, lines(lambda old: [old[0], "06", old[2]])),
    Attack("a size with a sign", BAD, lines(lambda old: [old[0], "+6", old[2]])),
    Attack("a negative size", BAD, lines(lambda old: [old[0], "-6", old[2]])),
    Attack("a size with a blank", BAD, lines(lambda old: [old[0], "6 ", old[2]])),
    Attack("a size of another script", BAD, lines(lambda old: [old[0], "６", old[2]])),
    Attack("a size in hex", BAD, lines(lambda old: [old[0], "0x6", old[2]])),
    Attack("a size of 10,000 digits", BAD, lines(lambda old: [old[0], "9" * 10_000, old[2]])),
    Attack("an empty size", BAD, lines(lambda old: [old[0], "", old[2]])),
    Attack("a root of 31 bytes", BAD, lines(lambda old: [*old[:2], "A" * 41 + "==="[:3]])),
    Attack("a root of 33 bytes", BAD, lines(lambda old: [*old[:2], "A" * 44])),
    Attack("a root in hex", BAD, lines(lambda old: [*old[:2], "0" * 64])),
    Attack("a root with unused bits", BAD, lines(lambda old: [*old[:2], old[2][:-2] + chr(ord(old[2][-2]) + 1) + "="])),
    Attack("a root without padding", BAD, lines(lambda old: [*old[:2], old[2][:-1]])),
    Attack("no note", BAD, before("checkpoint", lambda data: data.split(b"\n\n")[0])),
    Attack("an empty checkpoint", BAD, before("checkpoint", lambda _: b"")),
    Attack("a CR in the checkpoint", BAD, before("checkpoint", lambda data: data.replace(b"\n", b"\r\n"))),
    Attack("no signature line", BAD, before("checkpoint", lambda data: data.split("—".encode())[0])),
    Attack("no line feed at the end", BAD, before("checkpoint", lambda data: data[:-1])),
    Attack("signed by a stranger", UNTRUSTED, signed_by(STRANGER)),
    Attack("signed by the exporter", UNTRUSTED, signed_by(EXPORTER)),
    Attack("signed by the log's next key, which the policy lacks", UNTRUSTED, signed_by(SECOND_LOG)),
    Attack("a stranger's key of the log's name", UNTRUSTED, signed_by(signing_key(ORIGIN, 99))),
    Attack("signed by the log over another origin", UNTRUSTED, other_origin),
    Attack(
        "signed by one log of the policy with the origin of another",
        UNTRUSTED,
        every(policy(policy_text(logs=(LOG, STRANGER))), signed_by(STRANGER)),
    ),
    Attack("another root under the old signature", UNTRUSTED, before("checkpoint", lambda d: sign_note("x\n", [LOG]).encode().replace(b"x\n", d.split(b"\n\n")[0] + b"\n"))),
    Attack("another size under the old signature", UNTRUSTED, before("checkpoint", replaced(b"\n6\n", b"\n5\n"))),
    Attack("a signature of zeros beside the good one", UNTRUSTED, line(lambda _: Signature(ORIGIN, LOG.verifier.key_id, bytes(64)))),
    Attack(
        "a bad signature of the log's next key beside the good one",
        UNTRUSTED,
        every(policy(policy_text(logs=(LOG, SECOND_LOG))), line(lambda _: Signature(ORIGIN, SECOND_LOG.verifier.key_id, bytes(64)))),
    ),
    Attack("a bad signature of the exporter", UNTRUSTED, line(lambda _: Signature(EXPORTER.name, EXPORTER.verifier.key_id, bytes(64)))),
    Attack("the log's signature as if a witness's", UNTRUSTED, before("checkpoint", lambda d: Note("\n".join(d.decode().split("\n")[:3]) + "\n", (cosign("x", LOG),)).encode())),
)  # fmt: skip

QUORUM_OF_ONE = (*witness_lines("w1"), "quorum w1")
TWO_OF_THREE = (*witness_lines("w1", "w2", "w3"), "group g 2 w1 w2 w3", "quorum g")
NESTED = (*witness_lines("w1", "w2", "w3"), "group any1 any w1 w2", "group both all any1 w3", "quorum both")


def other_witness_text(package: Package) -> Signature:
    """A witness's line for another checkpoint."""
    return cosign(package.log.checkpoint(5).encode(), W1)


W1_ID = witness_vkey(W1).key_id
WITNESS = (
    Attack("no witness, one is needed", INCOMPLETE, policy(policy_text(*QUORUM_OF_ONE))),
    Attack("another witness than is needed", INCOMPLETE, every(policy(policy_text(*witness_lines("w2"), *QUORUM_OF_ONE)), witnessed("w2"))),
    Attack("an unknown witness", INCOMPLETE, every(policy(policy_text(*QUORUM_OF_ONE)), witnessed("w2"))),
    Attack("one of three, two are needed", INCOMPLETE, every(policy(policy_text(*TWO_OF_THREE)), witnessed("w2"))),
    Attack("one witness twice, two are needed", INCOMPLETE, every(policy(policy_text(*TWO_OF_THREE)), witnessed("w2", "w2"))),
    Attack("two of all three", INCOMPLETE, every(policy(policy_text(*witness_lines("w1", "w2", "w3"), "group g all w1 w2 w3", "quorum g")), witnessed("w1", "w3"))),
    Attack("the inner group only", INCOMPLETE, every(policy(policy_text(*NESTED)), witnessed("w1", "w2"))),
    Attack("the outer member only", INCOMPLETE, every(policy(policy_text(*NESTED)), witnessed("w3"))),
    Attack("the witness's key as a plain signature", INCOMPLETE, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda t: Signature(W1.name, W1.verifier.key_id, W1.private.sign(t.encode()))))),
    Attack("a plain signature under the witness's id", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda t: Signature(W1.name, W1_ID, W1.private.sign(t.encode()))))),
    Attack("a witness's line of another checkpoint", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), lambda p: p.extra_lines.append(other_witness_text(p)))),
    Attack("a witness's line with another time", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda t: Signature(W1.name, W1_ID, bytes(8) + cosign(t, W1).signature[8:])))),
    Attack("a witness's time beyond 2^63", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda t: cosign(t, W1, 2**63)))),
    Attack("a witness's line cut short", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda t: Signature(W1.name, W1_ID, cosign(t, W1).signature[:-1])))),
    Attack("a witness's line of eight bytes", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda _: Signature(W1.name, W1_ID, bytes(8))))),
    Attack("a witness's line by a stranger", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), line(lambda t: Signature(W1.name, W1_ID, cosign(t, STRANGER).signature)))),
    Attack("a bad line beside a good one", UNTRUSTED, every(policy(policy_text(*QUORUM_OF_ONE)), witnessed("w1"), line(lambda _: Signature(W1.name, W1_ID, bytes(72))))),
    Attack("a bad line of a witness that is not needed", UNTRUSTED, every(policy(policy_text(*witness_lines("w1"))), line(lambda _: Signature(W1.name, W1_ID, bytes(72))))),
    Attack("a bad line beside a quorum that is met", UNTRUSTED, every(policy(policy_text(*TWO_OF_THREE)), witnessed("w2", "w3"), line(lambda _: Signature(W1.name, W1_ID, bytes(72))))),
)  # fmt: skip

DIGESTED = ("proof.json", "accounts.csv", "README.txt")
DIGESTS = (
    *(Attack(f"a byte more in {name}", TAMPERED, after(name, lambda data: data + b"\n")) for name in DIGESTED),
    *(Attack(f"a byte less in {name}", TAMPERED, after(name, lambda data: data[:-1])) for name in DIGESTED),
    *(Attack(f"a byte changed in {name}", TAMPERED, after(name, lambda data: bytes([data[0] ^ 1]) + data[1:])) for name in DIGESTED),
    *(Attack(f"{name} empty", TAMPERED, after(name, lambda _: b"")) for name in DIGESTED),
    Attack("a signature line more in the checkpoint", TAMPERED, after("checkpoint", lambda d: d + "— x AAAAAAA=\n".encode())),
    Attack("a witness's line more in the checkpoint", TAMPERED, after("checkpoint", lambda d: d + cosign(d.decode().split("\n\n")[0] + "\n", W1).encode().encode())),
    Attack("another size of the proof", TAMPERED, digest("proof.json", bytes=1)),
    Attack("another hash of the proof", TAMPERED, digest("proof.json", sha256="0" * 64)),
    Attack("another size of the checkpoint", TAMPERED, digest("checkpoint", bytes=10**18)),
    Attack("another hash of the checkpoint", TAMPERED, digest("checkpoint", sha256="0" * 64)),
    Attack("another size of the accounts", TAMPERED, digest("accounts.csv", bytes=0)),
    Attack("another hash of README.txt", TAMPERED, digest("README.txt", sha256="0" * 64)),
)  # fmt: skip
ATTACKS = (*CHECKPOINT, *WITNESS, *DIGESTS)
