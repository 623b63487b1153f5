"""What an honest package may look like, and what is said of it: nothing honest is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from export.format.days import chain_rows, chain_start
from export.format.encoding import workspace_key
from export.format.note import Signature
from tests.export_package import (
    ABSENT,
    EXPORTER,
    LOG,
    SECOND_EXPORTER,
    SECOND_LOG,
    STRANGER,
    WORKSPACE,
    Log,
    Package,
    account,
    audit_export,
    honest_log,
    policy_text,
    row,
    witness_lines,
)
from tests.unit.export.attacks.edits import (
    Edit,
    before,
    every,
    in_manifest,
    known,
    manifest,
    on_disk,
    policy,
    resealed_record,
    views_of,
)
from tests.unit.export.attacks.on_checkpoint import NESTED, TWO_OF_THREE, line, signed_by, witnessed
from tests.unit.export.attacks.on_history import size, state
from tests.unit.export.attacks.on_rows import sealed_lines


def range_of(from_day: str, to_day: str) -> Edit:
    """Other days, exported and asked for."""

    def edit(package: Package) -> None:
        package.from_day, package.to_day = from_day, to_day
        package.asked.update({"from": from_day, "to": to_day})
        package.compose()

    return edit


def a_strange_line(_: str) -> Signature:
    return Signature(LOG.name, b"1234", b"of a key that no one knows")


HONEST: dict[str, Edit] = {
    "nothing special": lambda _: None,
    "one day": range_of("2026-11-02", "2026-11-03"),
    "a day without entries": range_of("2026-11-03", "2026-11-04"),
    "days before the first entry": range_of("2020-02-29", "2026-11-01"),
    "one view": views_of(5),
    "all views": views_of(0, 1, 2, 3, 4, 5),
    "more files in the folder": on_disk(lambda folder: (folder / "extra").write_text("x")),
    "README.txt of any bytes": before("README.txt", lambda _: bytes(range(256))),
    "an empty README.txt": before("README.txt", lambda _: b""),
    "other fields in the manifest": manifest({"reason": "ünïcödé", "extra": [1.5, -3, None, {"a": {}}]}),
    "a manifest on one line": in_manifest(lambda document: json.dumps(document) + "\n"),
    "a manifest signed by two exporters": every(
        policy(policy_text(exporters=(EXPORTER, SECOND_EXPORTER))),
        lambda p: setattr(p, "manifest_keys", [EXPORTER, SECOND_EXPORTER]),
    ),
    "a manifest signed by one exporter of two": policy(policy_text(exporters=(SECOND_EXPORTER, EXPORTER))),
    "a manifest signed by a stranger as well": lambda p: setattr(p, "manifest_keys", [STRANGER, EXPORTER]),
    "a checkpoint signed by the old and the new key": signed_by(SECOND_LOG, LOG),
    "a checkpoint signed by the new key of two": every(
        policy(policy_text(logs=(LOG, SECOND_LOG))), signed_by(SECOND_LOG)
    ),
    "another log in the policy": policy(policy_text(logs=(STRANGER, LOG))),
    "a signature line of an unknown key": line(a_strange_line),
    "a policy without a line feed at its end": policy(policy_text().rstrip("\n")),
    "a policy with comments, blanks and tabs": policy(
        "\n# a comment\n  \n" + policy_text().replace(" ", " \t ") + "#\n"
    ),
    "a policy with URLs": policy(policy_text().replace("=\n", "= https://log.example/\n", 1)),
    "a quorum of none": policy(policy_text("quorum none")),
    "witnesses that are not needed": policy(policy_text(*witness_lines("w1", "w2"))),
    "one witness": every(policy(policy_text(*witness_lines("w1"), "quorum w1")), witnessed("w1")),
    "one witness twice": every(policy(policy_text(*witness_lines("w1"), "quorum w1")), witnessed("w1", "w1")),
    "two of three witnesses": every(policy(policy_text(*TWO_OF_THREE)), witnessed("w3", "w1")),
    "any of two witnesses": every(
        policy(policy_text(*witness_lines("w1", "w2"), "group g any w1 w2", "quorum g")), witnessed("w2")
    ),
    "a group of groups": every(policy(policy_text(*NESTED)), witnessed("w1", "w3")),
    "a known checkpoint of size 0": known(size(0)),
    "a known checkpoint of the same size": known(size(6)),
    "known checkpoints of all views": known(size(1), size(3), size(6)),
    "one known checkpoint twice": known(size(3), size(3)),
    "a known checkpoint signed by a stranger as well": known(size(3, STRANGER, LOG)),
    "Kafka read exactly to the end of the range": resealed_record(
        -1, "2026-11-06T14:59:58.120000Z", "2026-11-05T00:00:00.000000Z"
    ),
    "accounts of retired partitions": sealed_lines(
        account(10, entries=17), account(7, entries=17, topic_id="Z", state="retired")
    ),
    "no partitions": sealed_lines(),
}


@pytest.mark.parametrize("edit", HONEST.values(), ids=list(HONEST))
@pytest.mark.parametrize("workspace", [WORKSPACE, ABSENT])
def test_an_honest_package_is_verified(edit: Edit, workspace: str, tmp_path: Path) -> None:
    package = Package(honest_log(), workspace=workspace)
    edit(package)

    result = audit_export(*package.write(tmp_path))

    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("VERIFIED - ")


def report(tmp_path: Path, *edits: Edit, log: Callable[[], Log] = honest_log) -> str:
    package = Package(log())
    every(*edits)(package)
    return audit_export(*package.write(tmp_path)).stdout


def test_what_it_was_compared_with_is_reported(tmp_path: Path) -> None:
    alone = report(tmp_path / "alone")
    compared = report(
        tmp_path / "compared",
        known(size(1), size(3)),
        policy(policy_text(*witness_lines("w1", "w2"), "quorum w1")),
        witnessed("w1", "w2"),
    )

    assert "NOTHING" in alone
    assert "NONE" in alone
    assert "NOTHING" not in compared
    assert "NONE" not in compared
    assert "with your checkpoints of size 1, 3\n" in compared
    assert "witnesses    w1, w2\n" in compared


def test_exceptions_and_losses_are_reported_and_change_nothing(tmp_path: Path) -> None:
    lines = report(
        tmp_path,
        resealed_record(-1, "restored -", "restored 1-3 4-5"),
        sealed_lines(
            account(
                17, conflict=2, gap=3, parked=5, next_offset=30, parked_unresolved=4, state="halted_log_start_moved"
            )
        ),
    )

    assert lines.startswith("VERIFIED - 7 entries of org_acme")
    assert "lost seals 1 to 2 and" in lines
    assert "lost seals 4 to 4 and" in lines
    assert lines.count("  restored ") == 2
    assert [line.split(": ", 1)[1] for line in lines.splitlines() if line.startswith("  exception ")] == [
        "halted, log_start_moved",
        "3 offsets are in stated gaps",
        "2 conflicts, an event sent again with other content",
        "4 parked records are not resolved",
    ]


def test_the_facts_as_json(tmp_path: Path) -> None:
    package = Package(honest_log())
    every(known(size(3), size(6)), policy(policy_text(*witness_lines("w1"))), witnessed("w1"))(package)

    result = audit_export(*package.write(tmp_path), "--json")

    assert json.loads(result.stdout) == {
        "verdict": "VERIFIED",
        "exit": 0,
        "workspace": "org_acme",
        "from": "2026-11-01",
        "to": "2026-11-05",
        "entries": 7,
        "exported_by": ["audit.example.com/exporter"],
        "origin": "audit.example.com/log",
        "size": 6,
        "sealed_at": "2026-11-06T15:00:00.000000Z",
        "complete_through": "2026-11-06T14:59:58.120000Z",
        "restored": [],
        "exceptions": [],
        "witnesses": ["w1"],
        "known": [3, 6],
    }
    assert (result.code, result.stderr) == (0, "")


def test_a_failure_as_json(tmp_path: Path) -> None:
    package = Package(honest_log())
    package.asked["workspace"] = "org_globex"

    result = audit_export(*package.write(tmp_path), "--json")

    assert json.loads(result.stdout) == {
        "verdict": "WRONG SCOPE",
        "exit": 6,
        "message": "manifest: workspace_id is 'org_acme', asked for was 'org_globex'",
    }
    assert (result.code, result.stderr) == (6, "")


def test_wrong_usage_as_json() -> None:
    result = audit_export("verify", "--json")

    assert json.loads(result.stdout)["verdict"] == "MALFORMED"
    assert (result.code, result.stderr) == (2, "")


def test_the_first_rows_of_a_day_may_have_the_same_time(tmp_path: Path) -> None:
    def same_time() -> Log:
        log = Log()
        for number in range(3):
            log.seal({WORKSPACE: [("2026-11-01", row(WORKSPACE, "2026-11-01", number, clock="00:00:00.000000"))]})
        return log

    package = Package(same_time(), views=(0, 1, 2))

    assert audit_export(*package.write(tmp_path)).code == 0


def test_completeness_after_the_seal_is_an_exception(tmp_path: Path) -> None:
    """It could not be known then. What was recorded is what was sealed all the same."""
    later = report(
        tmp_path / "later", resealed_record(-1, "2026-11-06T14:59:58.120000Z", "2026-11-06T15:00:00.000001Z")
    )
    at_once = report(
        tmp_path / "at_once", resealed_record(-1, "2026-11-06T14:59:58.120000Z", "2026-11-06T15:00:00.000000Z")
    )

    assert "  exception    complete_through of seal 5 is 2026-11-06T15:00:00.000001Z, later than the seal" in later
    assert "  exception " not in at_once


def test_a_day_may_have_had_fewer_entries_later_where_a_database_was_restored(tmp_path: Path) -> None:
    package = Package(honest_log())
    rows = package.log.rows[WORKSPACE, "2026-11-01"]
    start = chain_start(workspace_key(WORKSPACE), "2026-11-01")
    state(0, "2026-11-01", entries=3, digest=chain_rows(start, rows[:3]))(package)
    state(2, "2026-11-01", entries=2, digest=chain_rows(start, rows[:2]))(package)

    assert audit_export(*package.write(tmp_path)).code == 0


@pytest.mark.parametrize("workspace", ["=cmd", "''+x", 'say "hi"', "ünï,cödé", "a\tb", "org_.*", "x" * 255])
def test_a_workspace_of_any_letters(workspace: str, tmp_path: Path) -> None:
    log = Log()
    log.seal({workspace: [("2026-11-01", row(workspace, "2026-11-01", 1))]})
    package = Package(log, workspace=workspace, views=(0,))

    assert audit_export(*package.write(tmp_path)).code == 0
