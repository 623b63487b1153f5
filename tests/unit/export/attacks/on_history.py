"""Checks 9, 10 and 13: what the auditor holds, and older views."""

from collections.abc import Callable

from export.format.checkpoint import Checkpoint
from export.format.encoding import EMPTY_HASH
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
    WORKSPACE,
    Log,
    Package,
    honest_log,
    policy_text,
    row,
    witness_lines,
    witness_vkey,
)
from tests.unit.export.attacks.edits import Attack, Edit, every, in_view, known, policy, view, views_of

BAD, UNTRUSTED = Verdict.MALFORMED, Verdict.UNTRUSTED
INCOMPLETE, REWRITTEN = Verdict.INCOMPLETE, Verdict.REWRITTEN
HASH = "0123456789abcdef" * 4
W1 = WITNESSES["w1"]


def size(number: int, *keys: SigningKey) -> Callable[[Log], bytes]:
    """An honest checkpoint of this size."""
    return lambda log: log.known(number, *keys)


def of_text(text: Callable[[str], str], number: int = 3) -> Callable[[Log], bytes]:
    """A checkpoint with another text, signed by the log."""
    return lambda log: sign_note(text(log.checkpoint(number).encode()), [LOG]).encode()


def raw(edit: Callable[[bytes], bytes], number: int = 3) -> Callable[[Log], bytes]:
    """A checkpoint whose bytes are edited after signing."""
    return lambda log: edit(log.known(number))


def with_line(make: Callable[[str], Signature], number: int = 3) -> Callable[[Log], bytes]:
    """A checkpoint with one more signature line."""

    def maker(log: Log) -> bytes:
        note = sign_note(log.checkpoint(number).encode(), [LOG])
        return Note(note.text, (*note.signatures, make(note.text))).encode()

    return maker


def root(number: int) -> Callable[[Log], bytes]:
    """A checkpoint of this size with another root, signed by the log."""
    return lambda _: sign_note(Checkpoint(origin=ORIGIN, size=number, root=bytes(32)).encode(), [LOG]).encode()


def held_before(edit: Callable[[Log], None]) -> Edit:
    """The auditor holds checkpoints of the honest log; then a sealer rewrites everything and signs again."""

    def apply(package: Package) -> None:
        package.known += [package.log.known(number) for number in (1, 3)]
        log = Log()
        edit(log)
        package.log = log
        package.compose()

    return apply


def rewritten_from(seal: int, old: str, new: str) -> Callable[[Log], None]:
    """The same six seals, but with the record of `seal` changed."""

    def edit(log: Log) -> None:
        honest = honest_log()
        log.__dict__.update(honest.__dict__)
        log.records[seal] = log.records[seal].replace(old, new)

    return edit


def another_start(log: Log) -> None:
    """A log that has another first row."""
    log.seal({WORKSPACE: [("2026-11-01", row(WORKSPACE, "2026-11-01", 1, "changed"))]})
    for _ in range(5):
        log.seal({})


KNOWN = (
    Attack("an empty file", BAD, known(lambda _: b"")),
    Attack("no note", BAD, known(lambda _: b"hello\n")),
    Attack("a note of one line", BAD, known(of_text(lambda _: "hello\n"))),
    Attack("a note of four lines", BAD, known(of_text(lambda text: text + "more\n"))),
    Attack("a size with a zero before", BAD, known(of_text(lambda text: text.replace("\n3\n", "\n03\n")))),
    Attack("a root in hex", BAD, known(of_text(lambda text: text.rsplit("\n", 2)[0] + f"\n{HASH}\n"))),
    Attack("a CR", BAD, known(raw(lambda data: data.replace(b"\n", b"\r\n")))),
    Attack("no line feed at the end", BAD, known(raw(lambda data: data[:-1]))),
    Attack("no UTF-8", BAD, known(raw(lambda data: b"\xff" + data))),
    Attack("the manifest", BAD, lambda p: p.known.append(p.files()["manifest"])),
    Attack("a file that is not there", BAD, lambda p: p.options.extend(["--known", "/nowhere/at/all"])),
    Attack("a folder", BAD, lambda p: p.options.extend(["--known", "/"])),
    Attack("a device", BAD, lambda p: p.options.extend(["--known", "/dev/zero"])),
    Attack("the second is no note", BAD, known(size(3), lambda _: b"hello\n")),
    Attack("signed by a stranger", UNTRUSTED, known(size(3, STRANGER))),
    Attack("signed by the exporter", UNTRUSTED, known(size(3, EXPORTER))),
    Attack("signed by a key that the policy lacks", UNTRUSTED, known(size(3, SECOND_LOG))),
    Attack("of size 0 signed by a stranger", UNTRUSTED, known(size(0, STRANGER))),
    Attack("a changed size", UNTRUSTED, known(raw(lambda data: data.replace(b"\n3\n", b"\n1\n")))),
    Attack("a changed root", UNTRUSTED, known(raw(lambda data: data.replace(data.split(b"\n")[2], b"A" * 43 + b"=")))),
    Attack("a bad signature beside the good one", UNTRUSTED, known(with_line(lambda _: Signature(ORIGIN, LOG.verifier.key_id, bytes(64))))),
    Attack(
        "a bad witness's line",
        UNTRUSTED,
        every(policy(policy_text(*witness_lines("w1"))), known(with_line(lambda _: Signature(W1.name, witness_vkey(W1).key_id, bytes(72))))),
    ),
    Attack("the second is signed by a stranger", UNTRUSTED, known(size(3), size(1, STRANGER))),
    Attack("another origin, signed by the log", UNTRUSTED, known(of_text(lambda text: text.replace(ORIGIN, "other.example")))),
    Attack(
        "of another log of the policy",
        INCOMPLETE,
        every(
            policy(policy_text(logs=(LOG, STRANGER))),
            known(lambda log: sign_note(log.checkpoint(3, STRANGER.name).encode(), [STRANGER]).encode()),
        ),
    ),
    Attack("larger than the package's", INCOMPLETE, known(root(7))),
    Attack("as large as can be", INCOMPLETE, known(root(2**63 - 1))),
    Attack("no view of its seal", INCOMPLETE, known(size(2))),
    Attack("no view of its seal, though of others", INCOMPLETE, known(size(1), size(4))),
    Attack("the same size and another root", REWRITTEN, known(root(6))),
    Attack("the first good, the second of another root", REWRITTEN, known(size(6), root(6))),
    Attack("an older size and another root", REWRITTEN, known(root(3))),
    Attack("size 1 and another root", REWRITTEN, known(root(1))),
    Attack("no consistency", REWRITTEN, every(known(size(3)), view(1, consistency=[]))),
    Attack("no consistency from size 1", REWRITTEN, every(known(size(1)), view(0, consistency=[]))),
    Attack("consistency too short", REWRITTEN, every(known(size(3)), in_view(1, "consistency", lambda old: old[:-1]))),
    Attack("consistency too long", REWRITTEN, every(known(size(3)), in_view(1, "consistency", lambda old: [*old, HASH]))),
    Attack("consistency in the other order", REWRITTEN, every(known(size(3)), in_view(1, "consistency", lambda old: old[::-1]))),
    Attack("consistency of another seal", REWRITTEN, every(known(size(3)), lambda p: p.proof["views"][1].update(consistency=p.proof["views"][0]["consistency"]))),
    Attack("one hash of consistency changed", REWRITTEN, every(known(size(1)), in_view(0, "consistency", lambda old: [HASH, *old[1:]]))),
    Attack("1,000 hashes of consistency", REWRITTEN, every(known(size(1)), in_view(0, "consistency", lambda old: old * 400))),
    Attack("a log with another start", REWRITTEN, held_before(another_start)),
    Attack("a log with another first record", REWRITTEN, held_before(rewritten_from(0, "snapshot 900", "snapshot 899"))),
    Attack("a log with another third record", REWRITTEN, held_before(rewritten_from(2, "restored -", "restored 1-2"))),
)  # fmt: skip


def state(seal: int, day: str, entries: int | None = None, digest: str | None = None) -> Edit:
    """A sealer that changes one day of one seal, in map and log."""

    def edit(package: Package) -> None:
        log = package.log
        heads = log.states[seal][WORKSPACE]
        log.states[seal] = {
            **log.states[seal],
            WORKSPACE: tuple(
                head._replace(entries=entries or head.entries, digest=digest or head.digest)
                if head.day == day
                else head
                for head in heads
            ),
        }
        log.reseal_map(seal)
        package.compose()

    return edit


def without_day(seal: int, day: str) -> Edit:
    """A sealer that drops a day from one seal on, in map and log; the rows are dropped as well."""

    def edit(package: Package) -> None:
        log = package.log
        for number in range(seal, len(log.records)):
            heads = tuple(head for head in log.states[number][WORKSPACE] if head.day != day)
            log.states[number] = {**log.states[number], WORKSPACE: heads}
            log.reseal_map(number)
        package.compose()

    return edit


def without_workspace(package: Package) -> None:
    """A sealer that drops the workspace from the newest seal."""
    log = package.log
    log.states[5] = {name: heads for name, heads in log.states[5].items() if name != WORKSPACE}
    log.reseal_map(5)
    package.compose()


GROWTH = (
    Attack("fewer entries than before", REWRITTEN, state(0, "2026-11-01", entries=9)),
    Attack("one entry fewer than before", REWRITTEN, state(2, "2026-11-02", entries=3)),
    Attack("as many entries, but others", REWRITTEN, state(2, "2026-11-02", digest=HASH)),
    Attack("as many entries outside the range, but others", REWRITTEN, state(2, "2026-11-05", digest=HASH)),
    Attack("a day is gone", REWRITTEN, without_day(5, "2026-11-02")),
    Attack("a day outside the range is gone", REWRITTEN, without_day(3, "2026-11-05")),
    Attack("the workspace is gone", REWRITTEN, without_workspace),
)

CHAIN = (
    Attack("the first rows were others", REWRITTEN, state(0, "2026-11-01", digest=HASH)),
    Attack("the first rows were others, as of a later seal", REWRITTEN, state(2, "2026-11-01", digest=HASH)),
    Attack("the chain's start as a hash of rows", REWRITTEN, state(0, "2026-11-01", digest=EMPTY_HASH)),
    Attack("a day had one row less than was said", REWRITTEN, state(0, "2026-11-01", entries=1)),
    Attack("a day had one row more than was said", REWRITTEN, state(0, "2026-11-01", entries=3)),
    Attack(
        "one of two older views differs", REWRITTEN, every(views_of(0, 1, 2, 5), state(1, "2026-11-01", digest=HASH))
    ),
)
ATTACKS = tuple(
    Attack(f"{group}: {attack.name}", *attack[1:])
    for group, attacks in (("known", KNOWN), ("growth", GROWTH), ("chain", CHAIN))
    for attack in attacks
)
