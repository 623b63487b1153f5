"""Breaks packages at random, and shows that the verifier always ends with a verdict and never with a traceback.

    python -m tests.fuzz_export [SECONDS [SEED]]

What is broken: the bytes of any file, with the manifest signed again or not; the values in manifest and proof; the auditor's
policy and checkpoints; and what a sealer seals. Exit code 0 when every run ended as it should.
"""

import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from export.format.encoding import sha256_hex
from export.format.errors import Verdict
from tests.export_package import ABSENT, WORKSPACE, Package, audit_export, honest_log, policy_text, witness_lines

FILES = ("manifest", "audit.csv", "proof.json", "accounts.csv", "checkpoint", "README.txt")
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**64, "", "x", "0" * 64, "\ud800", "é" * 70, [], {}, [[]], {"a": None}, float("nan"),
)  # fmt: skip
WORDS = {verdict.value: verdict.word for verdict in Verdict}
BASES = [Package(honest_log()), Package(honest_log(), workspace=ABSENT, views=(2, 5))]


def break_bytes(chance: random.Random, data: bytes) -> bytes:
    """A few bytes changed, taken out, put in, or repeated."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 2, 30, 500))
        noise = chance.choice(
            (b"\n", b"\r\n", b'"', b"\0", b"0", b"-", b"\xff", b"{", b"9" * 50, chance.randbytes(length))
        )
        data = chance.choice(
            (
                data[:at] + noise + data[at:],
                data[:at] + data[at + length :],
                data[:at] + noise + data[at + len(noise) :],
                data[:at] + data[max(0, at - length) :],
                data[:at],
            )
        )
    return data


def break_value(chance: random.Random, value: Any) -> Any:
    """A JSON value changed somewhere."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        if chance.random() < 0.1:
            return {other: value[other] for other in value if other != name}
        return {**value, name: break_value(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        copies = [
            *value[:at],
            *chance.choice(([], [value[at]] * 2, [break_value(chance, value[at])])),
            *value[at + 1 :],
        ]
        return chance.choice((copies, copies, value[::-1]))
    if isinstance(value, str) and chance.random() < 0.8:
        return break_bytes(chance, value.encode("utf-8", "replace")).decode("utf-8", "replace")
    return chance.choice(VALUES)


def break_record(chance: random.Random, package: Package) -> None:
    """What a sealer signs."""
    number = chance.randrange(len(package.log.records))
    broken = break_bytes(chance, package.log.records[number].encode()).decode("utf-8", "replace")
    package.log.records[number] = broken
    with contextlib.suppress(ValueError, KeyError):
        package.compose()


def break_accounts(chance: random.Random, package: Package) -> None:
    """The accounts that a sealer signs."""
    old, new = package.log.accounts[-1], break_bytes(chance, package.log.accounts[-1])
    package.log.accounts[-1] = new
    package.log.records[-1] = package.log.records[-1].replace(sha256_hex(old), sha256_hex(new))
    package.compose()


def break_file(chance: random.Random, package: Package) -> None:
    """The bytes of a file."""
    edits = chance.choice((package.before_signing, package.after_signing))
    edits[chance.choice(FILES)] = lambda data: break_bytes(chance, data)


def break_proof(chance: random.Random, package: Package) -> None:
    """The values in the proof."""
    package.proof = break_value(chance, package.proof)


def break_manifest(chance: random.Random, package: Package) -> None:
    """The values in the manifest, or its text."""

    def edit(document: dict[str, Any]) -> Any:
        if chance.random() < 0.5:
            return break_bytes(chance, json.dumps(document).encode()).decode("utf-8", "replace") + "\n"
        return json.dumps(break_value(chance, document)) + "\n"

    package.edit_manifest = edit


def break_policy(chance: random.Random, package: Package) -> None:
    """The auditor's policy."""
    text = policy_text(*witness_lines("w1", "w2"), "group g 1 w1 w2", "quorum none")
    package.policy = break_bytes(chance, text.encode())


def break_known(chance: random.Random, package: Package) -> None:
    """A checkpoint that the auditor holds."""
    package.known.append(break_bytes(chance, package.log.known(chance.choice((0, 1, 3, 6)))))


def break_checkpoint(chance: random.Random, package: Package) -> None:
    """What the log's key signs."""
    package.checkpoint_text = break_bytes(chance, package.checkpoint_text.encode()).decode("utf-8", "replace")


def break_rows(chance: random.Random, package: Package) -> None:
    """What a sealer takes for a row."""
    if package.workspace == WORKSPACE:
        day = chance.choice(("2026-11-01", "2026-11-02", "2026-11-04"))
        rows = package.log.rows[WORKSPACE, day]
        rows[chance.randrange(len(rows))] = break_bytes(chance, chance.choice(rows))
        package.log.rechain(WORKSPACE, day)
        package.compose()


BREAKS: tuple[Callable[[random.Random, Package], None], ...] = (
    break_rows, break_record, break_accounts, break_file, break_file, break_proof, break_proof, break_manifest,
    break_policy, break_known, break_checkpoint,
)  # fmt: skip


def run_once(seed: int, folder: Path) -> int:
    """One broken package; gives the exit code. AssertionError if the program did not end as it should."""
    chance = random.Random(seed)
    package = chance.choice(BASES).copy()
    breaks = sorted({chance.choice(BREAKS) for _ in range(chance.choice((1, 1, 2)))}, key=BREAKS.index)
    try:
        for change in breaks:
            change(chance, package)
        arguments = package.write(folder)
    except (ValueError, AttributeError, IndexError, TypeError):  # not even an attacker can write that
        return -1
    result = audit_export(*arguments)
    output = result.stderr or result.stdout
    where = f"seed {seed}: {result}"
    assert output.startswith(WORDS[result.code] + " - "), where
    assert "internal error" not in output, where
    assert (result.stdout == "") == (result.code != 0), where
    assert result.code == 0 or result.stderr.count("\n") == 1, where
    return result.code


def fuzz(seconds: float, seed: int) -> dict[int, int]:
    """Runs until the time is over; gives how often each exit code came, -1 for what could not be written."""
    counts: dict[int, int] = {}
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="audit-fuzz-") as folder:
        while time.monotonic() < end:
            code = run_once(seed, Path(folder) / str(seed))
            counts[code] = counts.get(code, 0) + 1
            seed += 1
    return counts


if __name__ == "__main__":
    print(fuzz(float(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
