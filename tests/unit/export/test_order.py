"""The checks run in the order of verified_export.md, section 11: of two faults, the first one's verdict is given."""

import itertools
from pathlib import Path
from typing import NamedTuple

import pytest

from export.format.errors import Verdict
from tests.export_package import STRANGER, Package, audit_export, honest_log, policy_text, witness_lines
from tests.unit.export.attacks import on_history, on_rows
from tests.unit.export.attacks.edits import (
    DROP,
    Edit,
    after,
    asked,
    before,
    every,
    files,
    known,
    manifest,
    policy,
    resealed_record,
    view,
)


class Fault(NamedTuple):
    """A fault that one check finds, and what is said of it. What a sealer does comes first, because all follows from it."""

    check: str
    verdict: Verdict
    words: str
    edit: Edit
    by_sealer: bool = False


def keys(name: str) -> Edit:
    """Notes signed by a stranger."""
    return lambda package: setattr(package, name, [STRANGER])


FAULTS = (
    Fault("1", Verdict.MALFORMED, "--to is not a day", asked(to="2026-11-31")),
    Fault("1, policy", Verdict.MALFORMED, "the policy, line 3", policy(policy_text("hello"))),
    Fault("1, files", Verdict.MALFORMED, "README.txt cannot be opened", after("README.txt", lambda _: None)),
    Fault("2", Verdict.UNTRUSTED, "manifest is not signed", keys("manifest_keys")),
    Fault("3, format", Verdict.MALFORMED, "manifest is not of the format", manifest({"format": "x"})),
    Fault("3, scope", Verdict.WRONG_SCOPE, "manifest: clock is 'x'", manifest({"clock": "x"})),
    Fault("4", Verdict.MALFORMED, "the five names", files({"audit.csv": DROP})),
    Fault("5", Verdict.UNTRUSTED, "checkpoint is not signed", keys("checkpoint_keys")),
    Fault("6", Verdict.INCOMPLETE, "quorum 'w1'", policy(policy_text(*witness_lines("w1"), "quorum w1"))),
    Fault("7", Verdict.TAMPERED, "proof.json has 1 bytes", after("proof.json", lambda _: b"x")),
    Fault("8", Verdict.TAMPERED, "the path does not lead", view(-1, path=[])),
    Fault("9", Verdict.REWRITTEN, "another root of the same size", known(on_history.root(6))),
    Fault(
        "10",
        Verdict.REWRITTEN,
        "2026-11-05 has as many",
        on_history.state(2, "2026-11-05", digest=on_history.HASH),
        True,
    ),
    Fault("11, hash", Verdict.TAMPERED, "accounts.csv is not what", before("accounts.csv", lambda data: data + b"x")),
    Fault("11, form", Verdict.MALFORMED, "accounts.csv, line 2", on_rows.cell(",live,", ",dead,"), True),
    Fault("12", Verdict.TAMPERED, "audit.csv continues", before("audit.csv", lambda data: data + b"\r\n")),
    Fault("13", Verdict.REWRITTEN, "the first 2 rows", on_history.state(0, "2026-11-01", digest=on_history.HASH), True),
    Fault("14", Verdict.TAMPERED, "manifest: entries is 9", manifest({"entries": 9})),
    Fault("15", Verdict.INCOMPLETE, "Kafka was read", resealed_record(-1, "2026-11-06T14:59:58.120000Z", "-"), True),
)
PAIRS = [
    (early, late)
    for early, late in itertools.combinations(FAULTS, 2)
    if "policy" not in early.check or late.check != "6"  # one file cannot be wrong in both ways
]
BASE = Package(honest_log())


def verdict_of(package: Package, folder: Path) -> tuple[int, str]:
    result = audit_export(*package.write(folder))
    return result.code, result.stderr


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.check for fault in FAULTS])
def test_each_fault_alone_is_found(fault: Fault, tmp_path: Path) -> None:
    package = BASE.copy()
    fault.edit(package)

    code, message = verdict_of(package, tmp_path)

    assert code == fault.verdict.value
    assert fault.words in message


@pytest.mark.parametrize(
    ("first", "second"), PAIRS, ids=[f"{earlier.check} before {later.check}" for earlier, later in PAIRS]
)
def test_of_two_faults_the_first_check_decides(first: Fault, second: Fault, tmp_path: Path) -> None:
    package = BASE.copy()
    every(*(fault.edit for fault in sorted((first, second), key=lambda fault: not fault.by_sealer)))(package)

    code, message = verdict_of(package, tmp_path)

    assert code == first.verdict.value
    assert first.words in message
