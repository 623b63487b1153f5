"""The reader's figures: named and labeled by Prometheus' conventions, there from the start, and of bounded cardinality."""

import inspect
import re
import subprocess

from prometheus_client import generate_latest

import reader.auth.access
import reader.auth.clerk
import reader.auth.signed_token
from reader.auth.clerk import REASONS
from reader.http.metrics import NO_ROUTE, STATUSES
from tests.integration.reader.site import ADMIN, MEMBER, NOBODY, Site
from tests.ops.prometheus import program


def shown(site: Site) -> str:
    """What Prometheus gets."""
    return generate_latest(site.metrics.registry).decode()


def names(text: str) -> set[str]:
    """The series of ours, each with its labels."""
    return set(re.findall(r"^(auditlog_\S+?(?:{[^}]*})?) ", text, re.MULTILINE))


def test_every_series_is_there_before_anything_happens(site: Site) -> None:
    """A rate or an alert must not miss the first of a kind."""
    series = names(shown(site))
    for reason in REASONS:
        assert f'auditlog_reader_refusals_total{{reason="{reason}"}}' in series
    for route in (
        "/audit",
        "/audit/{entry_id}",
        "/v1/audit-events",
        "/v1/audit-events/{entry_id}",
        "/v1/audit-actions",
        "/v1/audit-checkpoint",
        "/readyz",
        NO_ROUTE,
    ):
        for status in STATUSES:
            assert f'auditlog_reader_requests_total{{method="GET",route="{route}",status="{status}"}}' in series
        assert f'auditlog_reader_request_seconds_count{{route="{route}"}}' in series
    assert "auditlog_reader_keys_fetched_timestamp_seconds" in series


def test_requests_add_to_their_series_alone(site: Site) -> None:
    """Each request is counted once, where it belongs; when it is answered nothing is in progress."""
    for person, path in (
        (ADMIN, "/audit"),
        (MEMBER, "/audit"),
        (NOBODY, "/v1/audit-events"),
        (None, "/audit/1"),
        (ADMIN, "/nothing"),
    ):
        site.get(path, person)
    value = site.metrics.registry.get_sample_value
    for route, status in (
        ("/audit", "200"),
        ("/audit", "403"),
        ("/v1/audit-events", "403"),
        ("/audit/{entry_id}", "401"),
        (NO_ROUTE, "404"),
    ):
        assert value("auditlog_reader_requests_total", {"route": route, "method": "GET", "status": status}) == 1, route
    for reason in ("not_admin", "no_active_workspace", "no_token"):
        assert value("auditlog_reader_refusals_total", {"reason": reason}) == 1
    assert value("auditlog_reader_requests_in_progress") == 0
    assert value("auditlog_reader_request_seconds_count", {"route": "/audit"}) == 2


def test_reasons_are_a_closed_list() -> None:
    """Every word that the code refuses with is listed, and no other; so a label cannot be of a token's making."""
    modules = (reader.auth.access, reader.auth.clerk, reader.auth.signed_token)
    source = "".join(inspect.getsource(module) for module in modules)
    raised = set(re.findall(r'(?:Unauthenticated|Forbidden)\("(\w+)"', source))
    raised |= set(re.findall(r'"(no_token|repeated_cookie)"', source)) | {
        "invalid",
        *reader.auth.signed_token.REASON_BY_ERROR.values(),
    }
    assert raised == set(REASONS)
    assert len(REASONS) == len(set(REASONS))


def test_promtool_has_nothing_against_it(site: Site) -> None:
    """Names, units, suffixes and help texts; and it does complain of a name that is none."""
    promtool = program("promtool")
    site.get("/audit")
    text = shown(site)

    def lint(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([promtool, "check", "metrics"], check=False, input=text, capture_output=True, text=True)

    linted = lint(text)
    assert (linted.returncode, linted.stderr) == (0, "")
    assert lint(text.replace("auditlog_reader_request_seconds", "auditlog_reader_request_milliseconds")).returncode != 0
