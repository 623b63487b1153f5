"""README.txt tells a receiver who has nothing else what each column and each action of audit.csv says."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.audit_types import CATALOG
from catalog.render import COMMON_FACETS
from export.create.readme import COLUMN_MEANINGS, readme
from export.format.manifest import Scope
from export.format.row import COLUMNS
from tests.repository import ROOT

SCOPE = Scope(workspace_id="org_acme", from_day="2026-01-01", to_day="2026-04-01")


@pytest.fixture
def text() -> str:
    newest = SimpleNamespace(seal=7, time="2026-11-01T00:00:00Z", complete_through="2026-11-01T00:00:00Z")
    log: Any = SimpleNamespace(newest=newest, checkpoint=SimpleNamespace(origin="audit.example.com/log"))
    return readme(SCOPE, log, 3, "auditor@example.com", "SOC 2").decode()


def test_every_column_has_its_line(text: str) -> None:
    """In the order of the file."""
    columns = text.partition("The columns of audit.csv\n")[2].partition("\nThe actions\n")[0]
    named = re.findall(r"^([a-z_]+)  +(\S.*)$", columns, re.MULTILINE)
    assert [name for name, _ in named] == list(COLUMNS)
    assert dict(named) == COLUMN_MEANINGS


def test_every_action_has_its_sentences(text: str) -> None:
    actions = text.partition("\nThe actions\n")[2]
    for audit_type in CATALOG:
        lines = actions.partition(f"\n{audit_type.name}\n")[2]
        for sentence in filter(None, (audit_type.detailed, audit_type.sentence)):
            assert f"    {sentence}\n" in lines, audit_type.name
        for facet in audit_type.facets:
            assert f"    facet {facet.name}:" in lines, audit_type.name
    for name, meaning in COMMON_FACETS.items():
        assert re.search(rf"^{name} +{re.escape(meaning)}$", actions, re.MULTILINE)


def test_the_page_for_auditors_has_the_same_columns() -> None:
    page = (ROOT / "docs" / "export.md").read_text("utf-8")
    table = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in COLUMN_MEANINGS.items())
    assert f"| column | what it says |\n|---|---|\n{table}\n" in page
