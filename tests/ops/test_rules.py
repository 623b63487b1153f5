"""The alert rules, alone: `promtool` shows that each fires and keeps still, and the tests notice a rule that does neither."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.prometheus import DEPLOY, RULES, program, quick

RUNBOOK_URL = "https://docs.callmine.example/audit/runbook"
LONG = RULES.with_name("alerts_long_test.yaml")
TESTS = (RULES.with_name("alerts_test.yaml"), LONG)
LOADED: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
NAMES = [rule["alert"] for rule in LOADED]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("promtool"), *arguments], check=False, capture_output=True, text=True)


def test_rules_pass_their_tests() -> None:
    """Every rule fires on its fault and on no other, and is not fooled by series that are not there."""
    process = promtool("test", "rules", *TESTS)
    assert process.returncode == 0, process.stdout + process.stderr


def test_every_rule_is_shown_to_fire() -> None:
    """Each name is among what some test expects; as every test asks for all alerts, each is shown to keep still as well."""
    tests = [test for file in TESTS for test in yaml.safe_load(file.read_text())["tests"]]
    asked = [asked for test in tests for asked in test.get("promql_expr_test", ())]
    assert {query["expr"] for query in asked} == {'count by (alertname) (ALERTS{alertstate="firing"})'}
    expected = "".join(sample["labels"] for query in asked for sample in query["exp_samples"])
    assert set(re.findall(r'alertname="(\w+)"', expected)) == set(NAMES)


@pytest.mark.parametrize(
    ("expression", "code"), [(None, 0), ("vector(1)", 1), ("vector(1) > 1", 1)], ids=["as it is", "always", "never"]
)
def test_a_rule_out_of_order_is_noticed(expression: str | None, code: int, tmp_path: Path) -> None:
    """One rule that fires always, or never, is enough for the tests to fail: shown by the first that expects the last rule."""
    rules, tests = yaml.safe_load(RULES.read_text()), yaml.safe_load(LONG.read_text())
    if expression is not None:
        rules["groups"][-1]["rules"][-1]["expr"] = expression
    tests["tests"] = [test for test in tests["tests"] if NAMES[-1] in str(test)][:1]
    (tmp_path / RULES.name).write_text(yaml.safe_dump(rules))
    (tmp_path / LONG.name).write_text(yaml.safe_dump(tests))
    process = promtool("test", "rules", tmp_path / LONG.name)
    assert process.returncode == code
    assert expression is None or NAMES[-1] in process.stdout + process.stderr


@pytest.mark.parametrize("rule", LOADED, ids=NAMES)
def test_a_rule_says_what_happened_and_where_to_look(rule: dict[str, Any]) -> None:
    """Summary, description, urgency, and the entry of the runbook."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"{RUNBOOK_URL}#{rule['alert'].lower()}"


def test_the_dashboard_leads_to_the_same_runbook() -> None:
    """Its variable has the address that the alerts have, whole: a relative one leads nowhere from another site."""
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    (runbook,) = [variable for variable in dashboard["templating"]["list"] if variable["name"] == "runbook"]
    assert runbook["query"] == RUNBOOK_URL


def test_dashboard_links_lead_to_alerts() -> None:
    """Every panel has a description that ends with a link to the runbook entry of an alert that exists."""
    text = (DEPLOY / "grafana" / "dashboard.json").read_text()
    descriptions = re.findall(r'"description": "([^"]*\$\{runbook\}[^"]*)"', text)
    anchors = [re.fullmatch(r".*[.?] \[Runbook\]\(\$\{runbook\}#(\w+)\)", said) for said in descriptions]
    assert len(descriptions) > 20
    assert {match and match[1] for match in anchors} <= {name.lower() for name in NAMES}


def test_quick_rules_are_rules(tmp_path: Path) -> None:
    """What the tests with real faults run on is still valid, and differs from the rules in durations only."""
    (tmp_path / "quick.yaml").write_text(quick(RULES.read_text()))
    assert promtool("check", "rules", tmp_path / "quick.yaml").returncode == 0
