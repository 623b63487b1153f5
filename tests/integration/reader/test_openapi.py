"""The API is as its OpenAPI document says: schemathesis asks the real application all that it can think of."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import reader.errors
from catalog.audit_types import BY_NAME, CATALOG
from reader.errors import Problem
from reader.http.openapi import describe
from reader.query.filters import PARAMETERS
from sandbox.services.issuer import Person
from tests.integration.reader.site import MEMBER, Tenant

GOLDEN = [json.loads(path.read_text()) for path in sorted((Path(__file__).parents[2] / "golden").glob("*.v*/*.json"))]
RECORDED: list[dict[str, Any]] = [case["row"] for case in GOLDEN if case["outcome"] == "recorded"]
EXAMPLES = 60
REFUSED = 20  # examples where each is refused before it is looked at
# What is valid by itself and not together is 422: `from` behind `to`, a cursor with an offset, a snapshot that no answer gave.
TOGETHER = """
[[operations]]
include-name = "GET /v1/audit-events"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "422"]
"""
# Without these parameters every valid request must be answered.
APART = """
import schemathesis

@schemathesis.hook
def map_query(context, query):
    apart = {"as_of", "cursor", "to"} | ({"last"} if query and "from" in query else set())
    return query and {name: value for name, value in query.items() if name not in apart}
"""
# On the wire an empty parameter is absent (SPEC 6), and null or 0.5 for a text are texts: nothing that a schema refuses.
AS_SENT = """
import schemathesis

@schemathesis.hook
def filter_query(context, query):
    values = [each for value in (query or {}).values() for each in (value if isinstance(value, list) else [value])]
    empty = any(value == [] for value in (query or {}).values())
    return not empty and all(isinstance(value, str | int) and not isinstance(value, bool) and value != "" for value in values)
"""
ALLOWED = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx"]
"""


@pytest.fixture
def full(tenant: Tenant) -> Tenant:
    """A workspace with an entry of every kind there is."""
    for minutes, row in enumerate(RECORDED):
        columns = ("action", "facets", "actor_id", "actor_email", "channel")
        named = {name: row[name] for name in columns}
        tenant.put(minutes, diff=json.dumps(row["diff"]), label=row["subject_label"], **named)
    return tenant


def schemathesis_finds(
    tenant: Tenant,
    folder: Path,
    config: str,
    person: Person | None,
    *more: str,
    hooks: str = "",
    examples: int = EXAMPLES,
) -> str:
    """What schemathesis says with all its checks on; empty where it finds nothing."""
    (folder / "schemathesis.toml").write_text(config)
    (folder / "hooks.py").write_text(hooks)
    token = ("-H", f"Authorization: Bearer {tenant.site.issuer.token(person)}") if person else ()
    program = Path(sys.executable).with_name("st")
    options = ("--checks=all", f"--max-examples={examples}", "--seed=1", "--no-color", "--generation-database=none")
    process = subprocess.run(
        [program, "run", f"{tenant.site.url}/openapi.json", *options, *token, *more],
        check=False, cwd=folder, capture_output=True, text=True,
        env=os.environ | ({"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(folder)} if hooks else {}),
    )  # fmt: skip
    assert re.search(r"\b[1-9]\d+ generated", process.stdout), process.stdout + process.stderr
    return "" if process.returncode == 0 else process.stdout + process.stderr


def test_schemathesis_finds_nothing_as_an_admin(full: Tenant, tmp_path: Path) -> None:
    """Examples, boundaries, chance and sequences, valid and invalid: documented statuses, types, headers and shapes only."""
    failures = schemathesis_finds(full, tmp_path, TOGETHER, full.admin, hooks=AS_SENT)
    assert not failures, failures


def test_every_valid_request_is_answered(full: Tenant, tmp_path: Path) -> None:
    """What the document calls valid is 200, where no parameter contradicts another; of what is not sealed there is no checkpoint."""
    failures = schemathesis_finds(
        full, tmp_path, ALLOWED, full.admin, "--mode=positive", "--phases=examples,fuzzing", "--exclude-path=/v1/audit-events/{id}",
        "--exclude-path=/v1/audit-checkpoint", hooks=APART,
    )  # fmt: skip
    assert not failures, failures


@pytest.mark.parametrize("person", [None, MEMBER], ids=["nobody", "member"])
def test_schemathesis_gets_nothing_without_an_admins_token(full: Tenant, tmp_path: Path, person: Person | None) -> None:
    """Whatever is asked, it is refused as documented, and never answered."""
    before = _answered(full)
    config = '[checks.positive_data_acceptance]\nexpected-statuses = ["401", "403"]\n'
    assert schemathesis_finds(full, tmp_path, config, person, examples=REFUSED) == ""
    assert _answered(full) == before


def _answered(tenant: Tenant) -> Mapping[str, float]:
    """How many requests of the API had a good answer."""
    metrics = tenant.site.metrics.registry.collect()
    return {
        sample.labels["route"]: sample.value
        for metric in metrics
        for sample in metric.samples
        if sample.name == "auditlog_reader_requests_total"
        and sample.labels["status"].startswith("2")
        and sample.labels["route"].startswith("/v1/")
    }


def test_the_document_is_openapi(tenant: Tenant) -> None:
    """By the specification's own schema of OpenAPI 3.1, as it is served; and a document that is none is noticed."""
    served = tenant.get("/openapi.json").json()
    schemathesis.openapi.from_dict(served).validate()
    assert served["openapi"].startswith("3.1.")
    del served["paths"]["/v1/audit-actions"]["get"]["responses"]["200"]["description"]
    with pytest.raises(Exception, match="description"):
        schemathesis.openapi.from_dict(served).validate()


def test_the_document_is_complete() -> None:
    """Every parameter, every action, and every problem that the API can give, with its headers."""
    document = describe()
    operations = {path: methods["get"] for path, methods in document["paths"].items()}
    assert set(operations) == {
        "/v1/audit-events",
        "/v1/audit-events/{id}",
        "/v1/audit-actions",
        "/v1/audit-checkpoint",
    }
    parameters = {item["name"]: item["schema"] for item in operations["/v1/audit-events"]["parameters"]}
    assert list(parameters) == list(PARAMETERS)
    assert parameters["action"]["items"]["enum"] == list(BY_NAME)
    problems = [item for item in vars(reader.errors).values() if isinstance(item, Problem)]
    assert {str(problem.status) for problem in problems} == set(document["components"]["responses"])
    for problem in problems:
        assert set(problem.headers) <= set(document["components"]["responses"][str(problem.status)]["headers"])
    always = {"200", "400", "401", "403", "405", "500", "503"}
    for path, more in {
        "/v1/audit-events": {"422"},
        "/v1/audit-events/{id}": {"404", "422"},
        "/v1/audit-actions": {"422"},
        "/v1/audit-checkpoint": {"404", "422"},
    }.items():
        assert set(operations[path]["responses"]) == always | more


def test_every_stored_diff_is_of_the_documented_shape() -> None:
    """The consumer's golden entries fit the document; a diff with anything beside it does not."""
    document = describe()
    validator = Draft202012Validator({"$ref": "#/components/schemas/Diff", "components": document["components"]})
    for row in RECORDED:
        assert list(validator.iter_errors(row["diff"])) == [], row["event_id"]
    whole = RECORDED[0]["diff"]
    wrong: list[dict[str, Any]] = [
        {**whole, "password": "x"}, {}, {"changes": {"no pointer": {}}}, {"changes": {"/x": {"was": 1}}}, {**whole, "source": "mcp"},
    ]  # fmt: skip
    for broken in wrong:
        assert list(validator.iter_errors(broken))


def test_every_entry_has_the_documented_shape(full: Tenant) -> None:
    """A whole page of real answers, also by a validator that is not schemathesis."""
    document = describe()
    validator = Draft202012Validator({"$ref": "#/components/schemas/Page", "components": document["components"]})
    page = full.get("/v1/audit-events?limit=200").json()
    assert len(page["data"]) == page["total"] == len(RECORDED)
    assert {entry["action"] for entry in page["data"]} == {audit_type.name for audit_type in CATALOG}
    assert list(validator.iter_errors(page)) == []
