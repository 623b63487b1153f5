"""The README's steps for a new audit type are enough: followed in a copy of the tree, `make unit` passes there.

The type has a family and a topic of its own, the most that a new type can need.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repository import ROOT, committed

HEADING = "## Adding an audit type"
CE_TYPE = "coaching.plan_assigned"
FAMILY = '    Family("coaching", "Coaching", "callmine.coaching"),\n'
ENTRY = """\
    AuditType(
        name="coaching.plan_assigned",
        label="Coaching plan assigned",
        feeds=(Feed("coaching.plan_assigned"),),
        subject=Subject("coaching plan", id="plan_id", label="title"),
        tracked=(Field("title"), Field("coach")),
        sentence="{actor} assigned the coaching plan {subject}",
    ),
"""
SNAPSHOT = {
    "type": "record",
    "name": "CoachingPlanAssignedPlan",
    "fields": [{"name": "title", "type": "string"}, {"name": "coach", "type": "string"}],
}
# What a person writes, and what is derived from it, as paths or the beginnings of paths.
WRITTEN = {
    "schemas/coaching.plan_assigned.v1.avsc",
    "schemas/examples/coaching.plan_assigned.v1/plain.json",
    "catalog/audit_types.py",
    "catalog/topics.py",
}
GENERATED = {
    "tests/golden/coaching.plan_assigned.v1/plain.json",
    "tests/golden/released.json",
    "docs/types.md",
    "deploy/compose.yaml",
    "deploy/env.example",
    "deploy/helm/callmine-audit/values.yaml",
}


def recipe() -> str:
    """The README's section."""
    text = (ROOT / "README.md").read_text("utf-8")
    return text.partition(f"{HEADING}\n")[2].partition("\n## ")[0]


def schema() -> dict[str, Any]:
    """A schema as a person would make it: another one's, with the fields of the event replaced."""
    text = (ROOT / "schemas" / "schedule.created.v1.avsc").read_text("utf-8")
    schema_read: dict[str, Any] = json.loads(text.replace("ScheduleCreated", "CoachingPlanAssigned"))
    own = [{"name": "plan_id", "type": "string"}, {"name": "before", "type": SNAPSHOT}]
    own.append({"name": "after", "type": SNAPSHOT["name"]})
    return {**schema_read, "namespace": "callmine.coaching", "fields": [*schema_read["fields"][:3], *own]}


def example() -> dict[str, Any]:
    """Another type's example with the same envelope, and the data of the new one."""
    path = ROOT / "schemas" / "examples" / "schedule.created.v1" / "plain.json"
    example_read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    common = {name: example_read["data"][name] for name in ("workspace_id", "actor", "origin")}
    plans = {"before": {"title": "Objections", "coach": "dana"}, "after": {"title": "Objections", "coach": "marc"}}
    headers = {**example_read["headers"], "ce_type": CE_TYPE, "ce_source": "/services/coaching"}
    headers["ce_id"] = "0b8f9f4e-7f6d-4a43-9c52-5d1f4e7a9b10"
    return {"key": example_read["key"], "headers": headers, "data": {**common, "plan_id": "plan_2abcdef", **plans}}


def insert(path: Path, before: str, text: str) -> None:
    """Puts `text` before a line that occurs once."""
    content = path.read_text("utf-8")
    assert content.count(before) == 1, path
    path.write_text(content.replace(before, text + before), "utf-8")


def git(tree: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@callmine.example")
    return subprocess.run(["git", *identity, *arguments], check=True, cwd=tree, capture_output=True, text=True).stdout


def make(tree: Path, *targets: str) -> None:
    """Runs make in the copy, with this environment's programs on the copy's packages."""
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in [name for name in environ if name.startswith(("PYTEST_", "COV_", "COVERAGE_"))]:
        del environ[name]
    command = ["make", "--old-file=.venv/.stamp", *targets]
    process = subprocess.run(command, check=False, cwd=tree, env=environ, capture_output=True, text=True)

    assert process.returncode == 0, (process.stdout + process.stderr)[-6000:]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is committed, with the new type added as the README says."""
    folder = tmp_path_factory.mktemp("tree")
    for path in committed():
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    (folder / ".venv").symlink_to(sys.prefix)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Before")

    (folder / "schemas" / f"{CE_TYPE}.v1.avsc").write_text(json.dumps(schema(), indent=2) + "\n")
    case = folder / "schemas" / "examples" / f"{CE_TYPE}.v1" / "plain.json"
    case.parent.mkdir()
    case.write_text(json.dumps(example(), indent=2) + "\n")
    insert(folder / "catalog" / "audit_types.py", ")\n\n\ndef _plan_change(", ENTRY)
    insert(folder / "catalog" / "topics.py", ")\nFAMILY_LABELS = ", FAMILY)
    make(folder, "golden", "docs")
    return folder


def test_the_readme_names_what_is_to_be_written_and_no_more() -> None:
    """The section's files are those that this test writes, and what it says is generated is so."""
    named = set(re.findall(r"`((?:schemas|catalog|tests|docs|deploy)/[^`]*)`", recipe()))
    concrete = {name.replace("<ce_type>", CE_TYPE) for name in named}

    assert concrete >= WRITTEN
    assert [name for name in GENERATED if not any(name.startswith(prefix) for prefix in concrete)] == []
    assert [name for name in concrete - WRITTEN if not any(prefix.startswith(name) for prefix in GENERATED)] == []


def test_nothing_else_changes(tree: Path) -> None:
    """Two files are new and two have new lines; everything else that changed is generated."""
    status = git(tree, "status", "--porcelain", "--untracked-files=all").splitlines()

    assert {line[3:] for line in status} - {".venv"} == WRITTEN | GENERATED
    assert git(tree, "diff", "--numstat", "catalog").split() == [
        str(ENTRY.count("\n")), "0", "catalog/audit_types.py", "1", "0", "catalog/topics.py"
    ]  # fmt: skip


def test_the_entry_reads_as_it_should(tree: Path) -> None:
    """The golden file, which a person reads, has the action, the subject and the change."""
    golden = json.loads((tree / "tests" / "golden" / f"{CE_TYPE}.v1" / "plain.json").read_text("utf-8"))

    assert golden["outcome"] == "recorded"
    assert golden["row"]["action"] == CE_TYPE
    assert golden["row"]["diff"]["changes"] == {"/coach": {"before": "dana", "after": "marc"}}


@pytest.mark.timeout(900)
def test_make_unit_passes(tree: Path) -> None:
    """Every unit test and every guard accepts the new type."""
    make(tree, "unit", "ARGS=--hypothesis-profile=few")


def test_the_sample_traffic_has_it(tree: Path) -> None:
    """Demo and benchmark send the new type without a scenario of its own."""
    show = (
        "from datetime import UTC, datetime, timedelta; from sandbox.traffic.sample import sample; "
        "print({dict(one.headers).get('ce_type') for one in sample(datetime.now(UTC), timedelta(seconds=1))})"
    )
    process = subprocess.run(
        [sys.executable, "-c", show],
        check=True, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True,
    )  # fmt: skip

    assert CE_TYPE in process.stdout
