"""A release from beginning to end: installed, upgraded, kept back by a migration that failed, uninstalled.

The migration's Job is ended by the test, as a cluster's controllers would; nothing else runs: no pod is ever made.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cluster.release import JOB, NAME, Release
from tests.deploy.test_helm import FULL, full, values_with

REPOSITORY = "registry.internal/callmine-audit"
KEPT = ("PersistentVolumeClaim", f"{NAME}-sealer")
EVERYTHING = {
    (kind, manifest["metadata"]["name"])
    for kind, manifests in full().items()
    for manifest in manifests
    if "helm.sh/hook" not in manifest["metadata"].get("annotations", {})
}


def tagged(tag: str) -> dict[str, Any]:
    """Everything switched on, with this image."""
    return values_with(**FULL, **{"image.tag": tag})


def test_installed_upgraded_and_uninstalled(release: Release) -> None:
    """The migration comes first, and is new each time; then all that the chart has; at the end only the sealer's folder is kept."""
    installed = release.upgrade(tagged("1.0.0"))
    assert installed.returncode == 0, installed.stdout
    assert release.all() == EVERYTHING  # the Job that ended well is gone
    assert release.image("consumer") == f"{REPOSITORY}:1.0.0"

    upgraded = release.upgrade(tagged("1.1.0"))
    assert upgraded.returncode == 0, upgraded.stdout
    assert {release.image(component) for component in ("consumer", "reader", "sealer")} == {f"{REPOSITORY}:1.1.0"}
    assert release.history() == [(1, "superseded"), (2, "deployed")]

    release.run("uninstall", NAME)
    assert release.all() == {KEPT}


def test_a_migration_runs_under_the_policy_of_its_own_release(release: Release) -> None:
    """On a first install, and on an upgrade that names another port of PostgreSQL; nothing of it is left afterwards."""
    for port in (5432, 6432):
        process = release.upgrade(values_with(**FULL, **{"networkPolicy.postgresql": {"ports": [port], "to": []}}))
        assert process.returncode == 0, process.stdout
        assert release.policy is not None
        assert release.policy["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": port}]
    assert release.stored("NetworkPolicy", JOB) is None


def test_a_switch_that_is_turned_off_takes_its_parts_along(release: Release) -> None:
    """What the new values no longer ask for is removed, but for the sealer's folder."""
    assert release.upgrade(tagged("1.0.0")).returncode == 0
    upgraded = release.upgrade(values_with(**{"image.tag": "1.0.0"}))
    assert upgraded.returncode == 0, upgraded.stdout
    left = release.all()
    assert KEPT in left
    assert not {"ScaledObject", "PodMonitor", "PrometheusRule", "CronJob"} & {kind for kind, _ in left}
    consumer = release.stored("Deployment", f"{NAME}-consumer")
    assert consumer is not None and consumer["spec"]["replicas"] == 2


def test_a_failed_migration_keeps_the_old_release(release: Release) -> None:
    """Helm says so, nothing of the new release is rolled out, and the Job stays for its log; then the next one passes."""
    assert release.upgrade(tagged("1.0.0")).returncode == 0
    failed = release.upgrade(tagged("1.1.0"), migrated=False)
    assert failed.returncode != 0
    assert "pre-upgrade" in failed.stdout and JOB in failed.stdout, failed.stdout
    assert {release.image(component) for component in ("consumer", "reader", "sealer")} == {f"{REPOSITORY}:1.0.0"}
    assert release.history() == [(1, "deployed"), (2, "failed")]
    assert release.all() == EVERYTHING | {("Job", JOB)}

    mended = release.upgrade(tagged("1.1.1"))
    assert mended.returncode == 0, mended.stdout
    assert release.image("consumer") == f"{REPOSITORY}:1.1.1"
    assert release.all() == EVERYTHING


def test_a_first_migration_that_fails_installs_nothing(release: Release) -> None:
    """And the same command, once the cause is mended, installs everything."""
    failed = release.upgrade(tagged("1.0.0"), migrated=False)
    assert failed.returncode != 0
    assert release.all() == {("Job", JOB)}

    assert release.upgrade(tagged("1.0.0")).returncode == 0
    assert release.all() == EVERYTHING


@pytest.mark.parametrize("changed", [{"image.repository": ""}, {"consumer.replicas": 8}], ids=["schema", "template"])
def test_what_the_chart_refuses_reaches_no_cluster(changed: Mapping[str, Any], release: Release) -> None:
    """By Helm itself, as by the library of tests/deploy."""
    refused = release.upgrade(values_with(**changed))
    assert refused.returncode != 0
    assert release.all() == set()
