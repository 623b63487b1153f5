"""The server itself accepts every manifest of the chart, and KEDA's and the Prometheus operator's CRDs do as well."""

from copy import deepcopy
from typing import Any

import pytest

from tests.cluster.conftest import Refusal
from tests.cluster.server import PATHS
from tests.deploy.test_helm import FOREIGN, full, minimal, pods


@pytest.mark.parametrize("rendering", [minimal, full])
def test_every_manifest_is_accepted(rendering: Any, refusal: Refusal) -> None:
    """Strictly: a field that the kind does not have is refused, not dropped."""
    refused = {
        f"{kind} {manifest['metadata']['name']}": said
        for kind, manifests in rendering().items()
        for manifest in manifests
        if (said := refusal(manifest)) is not None
    }
    assert refused == {}
    assert rendering().keys() <= PATHS.keys()


@pytest.mark.parametrize("rendering", [minimal, full])
def test_every_pod_is_admitted(rendering: Any, refusal: Refusal) -> None:
    """Under the strictest Pod Security Standard, `restricted`."""
    refused = {component: refusal(pod(spec)) for component, spec in pods(rendering())}
    assert set(refused.values()) == {None}, refused
    assert len(refused) >= 3


@pytest.mark.parametrize("kind", sorted({*FOREIGN, "Deployment", "NetworkPolicy"}))
def test_a_field_that_is_misspelled_is_refused(kind: str, refusal: Refusal) -> None:
    """So what was accepted above was validated, by the schema of its kind."""
    wrong = deepcopy(full()[kind][0])
    wrong["spec"]["misspelled"] = 1
    said = refusal(wrong)
    assert said is not None and 'unknown field "spec.misspelled"' in said


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("ScaledObject", ("minReplicaCount",), "two"),
        ("PodMonitor", ("podMetricsEndpoints", 0, "interval"), "often"),
        ("PrometheusRule", ("groups", 0, "rules", 0, "for"), "a while"),
        ("CronJob", ("schedule",), "daily"),
    ],
)
def test_a_value_that_is_wrong_is_refused(kind: str, path: tuple[str | int, ...], value: str, refusal: Refusal) -> None:
    """Values are validated too, those of CRDs by the schema of their operator."""
    wrong = deepcopy(full()[kind][0])
    place: Any = wrong["spec"]
    *above, last = path
    for step in above:
        place = place[step]
    place[last] = value
    assert f"{last}: Invalid value" in (refusal(wrong) or "") or "cannot unmarshal" in (refusal(wrong) or "")


@pytest.mark.parametrize(
    "weaker",
    [
        {"seccompProfile": {"type": "Unconfined"}},
        {"allowPrivilegeEscalation": True},
        {"runAsNonRoot": False},
        {"capabilities": {}},
    ],
    ids=lambda weaker: next(iter(weaker)),
)
def test_a_pod_with_more_rights_is_refused(weaker: dict[str, Any], refusal: Refusal) -> None:
    """So those above were admitted because they are hardened."""
    spec = deepcopy(dict(pods(full()))["consumer"])
    spec["containers"][0]["securityContext"] |= weaker
    assert 'violates PodSecurity "restricted' in (refusal(pod(spec)) or "")


def pod(spec: dict[str, Any]) -> dict[str, Any]:
    """A pod as its owner would make it, by the account of the namespace."""
    own = {name: value for name, value in spec.items() if name != "serviceAccountName"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": own}
