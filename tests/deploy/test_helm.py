"""The chart, rendered without a cluster: what it makes is valid, safe and complete, and what is wrong it refuses."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from helm_python.chart import Chart, lint
from helm_python.errors import HelmError
from kubernetes_validate import validate
from kubernetes_validate.utils import SchemaNotFoundError
from kubernetes_validate.utils import ValidationError as NotKubernetes
from pydantic import BaseModel

import consumer.settings
import export.settings
import reader.settings
from catalog.topics import TOPICS
from consumer.polling.loop import REVOKE_SECONDS
from consumer.telemetry.recorder import STUCK_SECONDS
from export.format.keys import SigningKey
from reader.serve import GRACE_SECONDS
from runtime.postgres import WATCHDOG_SECONDS
from tests.repository import version

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "callmine-audit"
KUBERNETES = "1.37"
# Of operators that bring their own kinds; their schemas are not Kubernetes'.
FOREIGN = {"ScaledObject", "PodMonitor", "PrometheusRule"}
RUNBOOK = "https://docs.callmine.example/audit/runbook"
SETTINGS = yaml.safe_load((CHART / "files" / "settings.yaml").read_text())
MODELS: Mapping[str, type[BaseModel]] = {
    "consumer": consumer.settings.Settings,
    "reader": reader.settings.Settings,
    "sealer": export.settings.SealSettings,
}
# Of commands of audit-export that the chart does not run, or runs without them.
OTHER_COMMANDS = {"AUDIT_EXPORT_KEY", "AUDIT_CHECK_METRICS_FILE"}
CLASSES = ("secret", "url", "keyFile", "plain", "chart")
COMMAND = "AUDIT_SEAL_COPY_COMMAND"
SEALER: dict[str, Any] = {
    "enabled": True,
    "existingSecret": "audit-sealer",
    "keySecret": "audit-log-key",
    "check": {"policyConfigMap": "audit-policy"},
}
# The least that must be given, and everything that can be switched on.
MINIMAL: Mapping[str, Any] = {
    "image": {"repository": "registry.internal/callmine-audit"},
    "migrate": {"existingSecret": "audit-migrate"},
    "consumer": {
        "existingSecret": "audit-consumer",
        "partitions": 7,
        "env": {"KAFKA_BOOTSTRAP_SERVERS": "kafka-1:9093"},
    },
    "reader": {
        "existingSecret": "audit-reader",
        "host": "audit.callmine.example",
        "env": {"CLERK_ISSUER": "https://clerk.example", "CLERK_AUTHORIZED_PARTIES": "https://app.example"},
    },
    "networkPolicy": {
        "postgresql": {"ports": [5432], "to": []},
        "readerFrom": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
    },
}
KEYS = {program: f"{program}-keys" for program in ("migrate", "consumer", "reader", "sealer")}
FULL: dict[str, Any] = {
    "imagePullSecrets": [{"name": "pull"}],
    "certificates": {"configMap": "authorities", "secret": KEYS},
    "consumer.secretEnv": ["DATABASE_URL", "KAFKA_CONFIG_SASL_PASSWORD", "SCHEMA_REGISTRY_URL"],
    "consumer.env.KAFKA_CONFIG_SECURITY_PROTOCOL": "SASL_SSL",
    "consumer.env.AUDIT_REGISTRY_CA": "/certificates/registry.pem",
    "consumer.env.OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
    "consumer.autoscaling.enabled": True,
    "consumer.autoscaling.authenticationRef": "kafka",
    "consumer.nodeSelector": {"pool": "audit"},
    "consumer.tolerations": [{"key": "audit", "operator": "Exists"}],
    "reader.secretEnv": ["DATABASE_URL", "CLERK_JWT_KEY"],
    "sealer": {
        "enabled": True,
        "existingSecret": "audit-sealer",
        "keySecret": "audit-log-key",
        "keyFiles": ["old.key", "log.key"],
        "env": {"AUDIT_SEAL_EVERY": "30"},
        "check": {"policyConfigMap": "audit-policy"},
    },
    "networkPolicy.kafka.to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}],
    "networkPolicy.registry": {"ports": [8443], "to": []},
    "networkPolicy.metricsFrom": [{"podSelector": {"matchLabels": {"app": "prometheus"}}}],
    "monitoring.podMonitor": True,
    "monitoring.prometheusRule": True,
    "monitoring.runbook": RUNBOOK,
    "monitoring.labels": {"release": "prometheus"},
}


def values_with(**changed: Any) -> dict[str, Any]:
    """MINIMAL with changes, each named by its path; None takes a value away."""
    values: dict[str, Any] = deepcopy(dict(MINIMAL))
    for path, value in changed.items():
        *above, last = path.split(".")
        place = values
        for name in above:
            place = place.setdefault(name, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return values


def render(values: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What the chart makes of `values`, by kind."""
    objects: dict[str, list[dict[str, Any]]] = {}
    with Chart.load(CHART) as chart:
        rendered = chart.render(values=dict(values), name="audit", namespace="prod", is_install=True)
    for file, text in rendered.items():
        if not file.endswith(".txt"):
            for document in filter(None, yaml.safe_load_all(text)):
                objects.setdefault(document["kind"], []).append(document)
    return objects


def notes(values: Mapping[str, Any]) -> str:
    """What Helm prints after an installation with `values`."""
    with Chart.load(CHART) as chart:
        rendered = chart.render(values=dict(values), name="audit", namespace="prod", is_install=True)
    (text,) = [text for file, text in rendered.items() if file.endswith("NOTES.txt")]
    return str(text)


@cache
def minimal() -> dict[str, list[dict[str, Any]]]:
    """The chart with what must be given."""
    return render(MINIMAL)


@cache
def full() -> dict[str, list[dict[str, Any]]]:
    """The chart with everything on."""
    return render(values_with(**FULL))


def pods(objects: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each program's pod, by component."""
    for kind in ("Job", "Deployment", "CronJob"):
        for owner in objects.get(kind, ()):
            spec = owner["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else owner["spec"]
            template = spec["template"]
            yield template["metadata"]["labels"]["app.kubernetes.io/component"], template["spec"]


def environment(pod: Mapping[str, Any]) -> dict[str, Any]:
    """What the pod's only container has in its environment."""
    (container,) = pod["containers"]
    names = [entry["name"] for entry in container["env"]]
    assert len(names) == len(set(names))
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def of(objects: Mapping[str, list[dict[str, Any]]], kind: str, component: str) -> dict[str, Any]:
    """The one thing of a kind that belongs to a component."""
    (match,) = [candidate for candidate in objects[kind] if candidate["metadata"]["name"] == f"audit-{component}"]
    return match


def test_the_chart_has_nothing_against_it() -> None:
    """Helm lint, strictly, with the least and with everything."""
    for values in (MINIMAL, values_with(**FULL)):
        report = lint(CHART, values=dict(values), strict=True)
        assert [message for message in report["messages"] if message["severity"] > 1] == []
        assert report["errors"] in (None, [])


@pytest.mark.parametrize("rendering", [minimal, full])
def test_every_manifest_is_valid(rendering: Any) -> None:
    """Strictly, by Kubernetes' own schemas; names are each used once for a kind."""
    foreign = set()
    for kind, manifests in rendering().items():
        names = [manifest["metadata"]["name"] for manifest in manifests]
        assert len(names) == len(set(names))
        for manifest in manifests:
            try:
                validate(manifest, KUBERNETES, strict=True)
            except SchemaNotFoundError:
                foreign.add(kind)
    assert foreign == (FOREIGN if rendering is full else set())


def test_what_is_not_kubernetes_is_refused() -> None:
    """The guard above sees a misspelled field."""
    wrong = deepcopy(of(minimal(), "Deployment", "consumer"))
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(NotKubernetes):
        validate(wrong, KUBERNETES, strict=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"image.repository": None},
        {"image.repository": ""},
        {"image.tag": "latest"},
        {"migrate.existingSecret": None},
        {"consumer.existingSecret": ""},
        {"reader.existingSecret": None},
        {"consumer.partitions": None},
        {"consumer.env": {}},
        {"consumer.replicas": 0},
        {"consumer.replicas": 8},
        {"consumer.replicas": "2"},
        {"consumer.autoscaling": {"enabled": True, "maxReplicas": 8}},
        {"consumer.autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 4}},
        {"consumer.secretEnv": []},
        {"consumer.secretEnv": ["DATABASE_URL", "AWS_SECRET_ACCESS_KEY"]},
        {"consumer.env.KAFKA_CONFIG_sasl_password": "sesame"},
        {"image.digest": "sha256:short"},
        {"monitoring.runbook": "docs/runbook.md"},
        {"consumer.resources.limits.memory": ""},
        {"consumer.resources": {"requests": {"cpu": "many"}, "limits": {"memory": "1Gi"}}},
        {"reader.host": None},
        {"reader.host": "https://audit.example"},
        {"reader.env": {"CLERK_ISSUER": "https://clerk.example"}},
        {"networkPolicy.postgresql": {"ports": [0], "to": []}},
        {"networkPolicy.readerFrom": [{}]},
        {"sealer": {"enabled": True}},
        {"sealer": {"enabled": True, "existingSecret": "audit-sealer", "keySecret": "audit-log-key"}},
        {"replicas": 3},
    ],
    ids=lambda changed: json.dumps(changed)[:60],
)
def test_a_bad_value_is_refused(changed: dict[str, Any]) -> None:
    """Nothing is rendered; the least that must be given is rendered, so it is this value."""
    with pytest.raises(HelmError):
        render(values_with(**changed))


def test_there_are_never_more_consumers_than_partitions() -> None:
    """Said with both numbers; as many as partitions is allowed, by hand and by KEDA."""
    with pytest.raises(HelmError, match="8 replicas for 7 partitions"):
        render(values_with(**{"consumer.replicas": 8}))
    assert of(render(values_with(**{"consumer.replicas": 7})), "Deployment", "consumer")["spec"]["replicas"] == 7
    scaled = of(full(), "ScaledObject", "consumer")["spec"]
    assert scaled["maxReplicaCount"] <= 7 and scaled["minReplicaCount"] >= 1
    assert "replicas" not in of(full(), "Deployment", "consumer")["spec"]  # a rollout would undo KEDA's number
    assert of(full(), "Deployment", "consumer")["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0


def test_keda_looks_at_every_topic() -> None:
    """The catalog's seven, or those of AUDIT_TOPICS, by the group's own name and the brokers of the consumer."""
    triggers = [trigger["metadata"] for trigger in of(full(), "ScaledObject", "consumer")["spec"]["triggers"]]
    assert [trigger["topic"] for trigger in triggers] == list(TOPICS)
    assert {trigger["bootstrapServers"] for trigger in triggers} == {"kafka-1:9093"}
    assert {trigger["consumerGroup"] for trigger in triggers} == {"callmine-audit"}
    named = {"consumer.env.AUDIT_TOPICS": "one, two", "consumer.env.AUDIT_GROUP_ID": "g"}
    triggers = of(render(values_with(**FULL, **named)), "ScaledObject", "consumer")["spec"]["triggers"]
    assert [(scaler["metadata"]["topic"], scaler["metadata"]["consumerGroup"]) for scaler in triggers] == [
        ("one", "g"),
        ("two", "g"),
    ]


@pytest.mark.parametrize("rendering", [minimal, full])
def test_no_pod_may_do_more_than_it_needs(rendering: Any) -> None:
    """Not root, nothing writable, no capability, no token of the cluster, bounded memory, a profile of system calls."""
    specs = dict(pods(rendering()))
    assert specs.keys() == {"migrate", "consumer", "reader"} | ({"sealer", "check"} if rendering is full else set())
    for pod in specs.values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]


def test_the_migration_comes_first_and_alone_has_its_login() -> None:
    """A hook before install and upgrade; each program has a secret of its own, and none is in a manifest."""
    job = of(full(), "Job", "migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    secrets = {name: environment(pod)["DATABASE_URL"]["secretKeyRef"]["name"] for name, pod in pods(full())}
    assert secrets == {
        "migrate": "audit-migrate",
        "consumer": "audit-consumer",
        "reader": "audit-reader",
        "sealer": "audit-sealer",
        "check": "audit-sealer",
    }
    assert "Secret" not in full() and "ConfigMap" not in full()
    commands = {name: pod["containers"][0]["command"] for name, pod in pods(full())}
    assert commands == {
        "migrate": ["audit-consumer", "migrate"],
        "consumer": ["audit-consumer", "run"],
        "reader": ["audit-reader", "serve"],
        "sealer": ["audit-export", "seal"],
        "check": ["audit-export", "check", "--policy", "/policy/auditor.policy"],
    }


def test_the_migration_runs_under_its_own_release_s_policy() -> None:
    """A hook before its Job: of an ordinary resource the cluster would still have the last release's, with its ports."""
    policy, job = (of(full(), kind, "migrate")["metadata"]["annotations"] for kind in ("NetworkPolicy", "Job"))
    assert policy["helm.sh/hook"] == job["helm.sh/hook"]
    assert int(policy["helm.sh/hook-weight"]) < int(job.get("helm.sh/hook-weight", "0"))
    # Helm removes no hook when a release is uninstalled.
    assert policy["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
    # On a first install there is no policy yet that denies what this one does not name.
    assert of(full(), "NetworkPolicy", "migrate")["spec"]["policyTypes"] == ["Ingress", "Egress"]
    others = [document for document in full()["NetworkPolicy"] if document["metadata"]["name"] != "audit-migrate"]
    assert others and not any("annotations" in document["metadata"] for document in others)


def test_the_example_of_the_readme_is_rendered() -> None:
    """What README.md shows as the least with TLS is accepted as it is."""
    (example,) = re.findall(r"^```yaml\n(.*?)^```", (CHART / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    objects = render(yaml.safe_load(example))
    variables = environment(dict(pods(objects))["consumer"])
    assert variables["KAFKA_CONFIG_SASL_PASSWORD"]["secretKeyRef"]["name"] == "audit-consumer"
    assert variables["KAFKA_CONFIG_SSL_CA_LOCATION"].startswith("/certificates/")


def test_every_setting_is_one_that_the_programs_know(tmp_path: Path) -> None:
    """What the pods are given is loaded by the programs themselves."""
    models: list[type[BaseModel]] = [*MODELS.values(), export.settings.CheckSettings]
    fields = {field.alias for model in models for field in model.model_fields.values()}
    for component, pod in pods(full()):
        variables = environment(pod)
        assert {name for name in variables if not name.startswith("KAFKA_CONFIG_")} <= fields, component
        text = {name: value for name, value in variables.items() if isinstance(value, str)}
        url = {"DATABASE_URL": "postgresql://audit@db/audit"}
        # By reference in the pod, so not in its text; librdkafka wants them together.
        sasl = {f"KAFKA_CONFIG_SASL_{name}": "x" for name in ("USERNAME", "PASSWORD")}
        url |= {**sasl, "KAFKA_CONFIG_SASL_MECHANISM": "SCRAM-SHA-512"} if component != "reader" else {}
        if component == "reader":
            loaded = reader.settings.load({**text, **url})
            assert loaded.hosts == ("audit.callmine.example",)
            assert loaded.bind[1] == 8000 and loaded.metrics_bind == ("0.0.0.0", 9109)
        elif component == "check":
            assert export.settings.load(export.settings.CheckSettings, {**text, **url}).folder == Path("/seals")
        elif component == "sealer":
            key = tmp_path / "log.key"
            key.write_bytes(SigningKey(name="audit.example.com/log", private=Ed25519PrivateKey.generate()).encode())
            settings = export.settings.load(export.settings.SealSettings, {**text, **url, "AUDIT_SEAL_KEY": str(key)})
            assert (settings.folder, settings.every, settings.metrics_bind) == (Path("/seals"), 30, ("0.0.0.0", 9110))
        else:
            assert consumer.settings.load({**text, **url}, kafka=component == "consumer")


def refused(**changed: Any) -> str:
    """What the chart says when it refuses the least with changes, in its own words."""
    with pytest.raises(HelmError) as error:
        render(values_with(**changed))
    return str(error.value)


def names_of(program: str) -> list[str]:
    """Every setting that files/settings.yaml names for a program."""
    return [name for kind in CLASSES for name in SETTINGS[program][kind]]


def test_every_setting_is_classified_once() -> None:
    """Those of the programs and of env.example: whether a value may be a secret is decided for each, in one place."""
    example = (DEPLOY / "env.example").read_text()
    consumers, _, rest = example.partition("# --- audit-reader")
    readers, _, exports = rest.partition("# --- audit-export")
    for program, text in (("consumer", consumers), ("reader", readers), ("sealer", exports)):
        listed = names_of(program)
        assert len(listed) == len(set(listed))
        fields = {field.alias for field in MODELS[program].model_fields.values() if field.alias}
        named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
        assert (fields | named) - OTHER_COMMANDS <= set(listed)
        assert {name for name in listed if not name.startswith(("OTEL_", "KAFKA_CONFIG_"))} <= fields


def test_what_the_programs_never_show_is_no_plain_setting() -> None:
    """A field that a program leaves out of its own repr, or holds as a secret, is in the list as one that may be."""
    for program, model in MODELS.items():
        hidden = {
            field.alias
            for field in model.model_fields.values()
            if field.alias and (not field.repr or "Secret" in str(field.annotation))
        }
        # The sealer's keys are files: the setting is their path.
        assert hidden - {"AUDIT_SEAL_KEY"} <= {*SETTINGS[program]["secret"], *SETTINGS[program]["url"]}
        assert "DATABASE_URL" in hidden


@pytest.mark.parametrize(
    ("program", "name"),
    [
        *((program, name) for program in ("consumer", "reader") for name in SETTINGS[program]["secret"]),
        *(("consumer", prefix + "UNHEARD_OF") for prefix in SETTINGS["consumer"]["secretPrefixes"]),
        ("consumer", "KAFKA_CONFIG_SASL_OAUTHBEARER_CLIENT_SECRET"),
        ("consumer", "KAFKA_CONFIG_SASL_OAUTHBEARER_CONFIG"),
        ("consumer", "KAFKA_CONFIG_SSL_KEY_PEM"),
        ("consumer", "KAFKA_CONFIG_SSL_KEY_PASSWORD"),
    ],
)
def test_a_secret_is_taken_by_reference_only(program: str, name: str) -> None:
    """In plain text it is refused, by name and with what to do instead; as a reference it is rendered, never its value."""
    refusal = refused(**{f"{program}.env.{name}": "sesame"})
    assert (
        f"{program}.env.{name}: may be a secret" in refusal
        and f"{program}.secretEnv" in refusal
        and "sesame" not in refusal
    )
    secrets = list(dict.fromkeys(["DATABASE_URL", name]))
    objects = render(values_with(**{f"{program}.secretEnv": secrets}))
    variable = environment(dict(pods(objects))[program])[name]
    assert variable == {"secretKeyRef": {"name": f"audit-{program}", "key": name}}


@pytest.mark.parametrize(
    ("program", "name"), [(program, name) for program in SETTINGS for name in SETTINGS[program]["url"]]
)
@pytest.mark.parametrize("address", ["https://user:sesame@host.example/", "https://host.example/?key=sesame"])
def test_an_address_with_a_password_is_taken_by_reference_only(program: str, name: str, address: str) -> None:
    """Without one it may be in plain text."""
    enabled = {"sealer": deepcopy(SEALER)} if program == "sealer" else {}
    refusal = refused(**enabled, **{f"{program}.env.{name}": address})
    assert f"{program}.env.{name}: has a user, a password or a query" in refusal and "sesame" not in refusal
    objects = render(values_with(**enabled, **{f"{program}.env.{name}": "https://host.example"}))
    assert environment(dict(pods(objects))[program])[name] == "https://host.example"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"consumer.env.AUDIT_TOPIC": "misspelled"}, "consumer.env.AUDIT_TOPIC: is not a setting of this program"),
        ({"reader.env.CLERK_SECRET_KEY": "sk_live_1"}, "reader.env.CLERK_SECRET_KEY: is not a setting of this program"),
        ({"consumer.env.AUDIT_METRICS_BIND": "0.0.0.0:1"}, "consumer.env.AUDIT_METRICS_BIND: is set by the chart"),
        ({"consumer.env.OTEL_RESOURCE_ATTRIBUTES": "a=http://u:sesame@h"}, "is a URL with a user or a password"),
        (
            {"consumer.secretEnv": ["DATABASE_URL", "AUDIT_TOPICS"]},
            "AUDIT_TOPICS is not a setting of this program that",
        ),
        ({"consumer.secretEnv": ["DATABASE_URL", "AWS_SECRET_ACCESS_KEY"]}, "AWS_SECRET_ACCESS_KEY is not a setting"),
        (
            {
                "consumer.secretEnv": ["DATABASE_URL", "SCHEMA_REGISTRY_URL"],
                "consumer.env.SCHEMA_REGISTRY_URL": "https://registry.example",
            },
            "consumer.env.SCHEMA_REGISTRY_URL: is in consumer.secretEnv as well",
        ),
        (
            {"sealer": SEALER | {"env": {"DATABASE_URL": "postgresql://a@b/c"}}},
            "sealer.env.DATABASE_URL: may be a secret",
        ),
        ({"sealer": SEALER | {"env": {"AUDIT_SEAL_KEY": "/k"}}}, "sealer.env.AUDIT_SEAL_KEY: is set by the chart"),
        ({"sealer": SEALER | {"existingSecret": "audit-migrate"}}, "sealer.existingSecret: give the sealer a login of"),
        ({"sealer": SEALER | {"keySecret": "audit-migrate"}}, "sealer.keySecret: give the key a Secret of its own"),
        ({"sealer": SEALER | {"keySecret": "audit-sealer"}}, "whoever has a login of the database must not be able"),
        ({"networkPolicy": {}}, "networkPolicy.postgresql.ports: is empty"),
        ({"consumer.secretEnv": ["DATABASE_URL", "SCHEMA_REGISTRY_URL"]}, "networkPolicy.registry.ports: is empty"),
        ({"networkPolicy.readerFrom": []}, "networkPolicy.readerFrom: is empty"),
        (
            {"sealer": SEALER | {"env": {COMMAND: "upload --token sesame"}}},
            "sealer.env.AUDIT_SEAL_COPY_COMMAND: may be a secret",
        ),
        (
            {"consumer.env.KAFKA_CONFIG_SSL_KEY_LOCATION": "/certificates/kafka.key"},
            "consumer.env.KAFKA_CONFIG_SSL_KEY_LOCATION: is a private key, and /certificates holds a ConfigMap",
        ),
        (
            {"sealer": SEALER | {"env": {"KAFKA_CONFIG_SSL_KEYSTORE_LOCATION": "/certificates/kafka.p12"}}},
            "put it into the Secret of certificates.secret.sealer, and name it /private-keys/",
        ),
        (
            {"consumer.env.KAFKA_CONFIG_SSL_KEY_LOCATION": "/private-keys/kafka.key"},
            "no file is there; name the Secret with the key in certificates.secret.consumer",
        ),
        ({"certificates.secret": {"reader": "audit-consumer"}}, "certificates.secret.reader: is in use"),
        ({"certificates.secret": {"migrate": "x", "consumer": "x"}}, "give the private keys of each program a Secret"),
        (
            {"sealer": SEALER, "certificates.secret": {"sealer": SEALER["keySecret"]}},
            "certificates.secret.sealer: is in use",
        ),
        (
            {"sealer": SEALER | {"secretEnv": ["DATABASE_URL", COMMAND]}},
            "the chart cannot know where AUDIT_SEAL_COPY_COMMAND copies to",
        ),
        ({"consumer.existingSecret": "audit-migrate"}, "migrate.existingSecret: give the migration a login of its own"),
        ({"consumer.existingSecret": "audit-reader"}, "reader.existingSecret: is the consumer's as well"),
        (
            {"sealer": SEALER | {"storage": {"existingClaim": "a", "copyClaim": "a"}}},
            "is the claim of the folder itself",
        ),
        (
            {"sealer": SEALER | {"env": {"AUDIT_SEAL_COPY_TOPIC": "checkpoints"}}},
            "sealer.env.KAFKA_BOOTSTRAP_SERVERS: is not set",
        ),
        (
            {"consumer.env.KAFKA_CONFIG_SSL_CA_LOCATION": "/certificates/ca.pem", "certificates.configMap": ""},
            "name the ConfigMap with the certificates in certificates.configMap",
        ),
        ({"monitoring.podMonitor": True}, "set networkPolicy.metricsFrom"),
        ({"monitoring.prometheusRule": True}, "set monitoring.runbook"),
        ({"monitoring.prometheusRule": True, "monitoring.runbook": RUNBOOK}, "AuditConsumerDown would page at once"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_would_fail_later_is_refused_with_a_sentence(changed: dict[str, Any], sentence: str) -> None:
    """What the cluster would show only as a program that gets no answer is said when the chart is rendered."""
    assert sentence in refused(**changed)


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, f":{version()}"),
        ({"tag": "candidate"}, ":candidate"),
        ({"digest": "sha256:" + "a" * 64}, "@sha256:" + "a" * 64),
        ({"tag": "candidate", "digest": "sha256:" + "a" * 64}, ":candidate@sha256:" + "a" * 64),
    ],
    ids=["version", "tag", "digest", "both"],
)
def test_an_image_is_named_by_tag_or_digest(image: dict[str, str], reference: str) -> None:
    """Every pod has the same."""
    objects = render(values_with(image={"repository": "registry.internal/callmine-audit", **image}))
    images = {pod["containers"][0]["image"] for _, pod in pods(objects)}
    assert images == {f"registry.internal/callmine-audit{reference}"}


def test_probes_ask_what_answers() -> None:
    """Liveness is the heartbeat alone; each probe asks the port that the public does not reach, and that is always there."""
    for component, pod in pods(full()):
        if component not in {"consumer", "reader"}:
            continue
        (container,) = pod["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        binds = {int(value.rpartition(":")[2]) for name, value in environment(pod).items() if name.endswith("_BIND")}
        assert set(ports.values()) == binds and "metrics" in ports
        for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"] == {"path": path, "port": "metrics"}
        life = container["livenessProbe"]
        # The loop calls itself stuck after this long; until then no restart, and soon after it one.
        assert life["failureThreshold"] * life["periodSeconds"] <= STUCK_SECONDS
    assert of(full(), "Service", "reader")["spec"]["ports"][0]["targetPort"] == "http"


def test_a_pod_is_given_the_time_to_drain() -> None:
    """The grace period is longer than all that a program may take to end in order."""
    specs = dict(pods(full()))
    assert specs["consumer"]["terminationGracePeriodSeconds"] > WATCHDOG_SECONDS + REVOKE_SECONDS
    waits = specs["reader"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert specs["reader"]["terminationGracePeriodSeconds"] > waits + GRACE_SECONDS


def test_budgets_let_one_go_at_a_time() -> None:
    """Each program's budget selects its pods, and never keeps a node from being drained."""
    for component in ("consumer", "reader"):
        budget = of(full(), "PodDisruptionBudget", component)["spec"]
        owner = of(full(), "Deployment", component)["spec"]
        assert budget["selector"] == owner["selector"]
        assert budget["maxUnavailable"] == 1 and "minAvailable" not in budget
        labels = owner["template"]["metadata"]["labels"]
        assert owner["selector"]["matchLabels"].items() <= labels.items()


def egress(objects: Mapping[str, list[dict[str, Any]]], component: str) -> set[int]:
    """The ports that a component may ask."""
    rules = of(objects, "NetworkPolicy", component)["spec"]["egress"]
    return {port["port"] for rule in rules for port in rule["ports"]}


def test_the_network_is_closed_but_for_what_is_needed() -> None:
    """Everything of this release is denied first; then each program's own few ports, and who may ask it."""
    deny = of(full(), "NetworkPolicy", "default")["spec"]
    assert deny == {"podSelector": deny["podSelector"], "policyTypes": ["Ingress", "Egress"]}
    for owner in (*full()["Deployment"], *full()["Job"]):
        labels = owner["spec"]["template"]["metadata"]["labels"]
        assert deny["podSelector"]["matchLabels"].items() <= labels.items()
    assert egress(minimal(), "migrate") == egress(full(), "migrate") == {5432, 53}
    assert egress(minimal(), "consumer") == {5432, 9093, 53}
    assert egress(full(), "consumer") == {5432, 9093, 8443, 4318, 53}
    assert egress(minimal(), "reader") == {5432, 443, 53}  # Clerk's keys
    assert egress(full(), "reader") == {5432, 53}  # its key is given
    (kafka,) = [
        rule for rule in of(full(), "NetworkPolicy", "consumer")["spec"]["egress"] if rule["ports"][0]["port"] == 9093
    ]
    assert kafka["to"] == [{"ipBlock": {"cidr": "10.1.0.0/16"}}]
    for objects, ports in ((minimal(), ["http"]), (full(), ["http", "metrics"])):
        let_in = of(objects, "NetworkPolicy", "reader")["spec"]["ingress"]
        assert [rule["ports"][0]["port"] for rule in let_in] == ports
    assert "NetworkPolicy" not in render(values_with(**{"networkPolicy.enabled": False}))


@pytest.mark.parametrize(
    ("changed", "component", "port"),
    [
        ({"consumer.env.KAFKA_BOOTSTRAP_SERVERS": "kafka-1:9093, SASL_SSL://[fd00::1]:9097"}, "consumer", 9097),
        ({"consumer.env.KAFKA_BOOTSTRAP_SERVERS": "kafka-1"}, "consumer", 9092),
        ({"networkPolicy.kafka": {"ports": [9098], "to": []}}, "consumer", 9098),
        ({"networkPolicy.postgresql": {"ports": [6432], "to": []}}, "migrate", 6432),
        ({"consumer.env.SCHEMA_REGISTRY_URL": "http://registry:8081"}, "consumer", 8081),
        ({"consumer.env.SCHEMA_REGISTRY_URL": "https://registry"}, "consumer", 443),
        ({"consumer.env.SCHEMA_REGISTRY_URL": "http://registry"}, "consumer", 80),
        ({"consumer.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4319/v1/traces"}, "consumer", 4319),
        ({"consumer.env.KAFKA_CONFIG_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL": "https://id:8444/t"}, "consumer", 8444),
        ({"reader.env.CLERK_JWKS_URL": "https://keys.example:8445/jwks.json"}, "reader", 8445),
        ({"reader.env.CLERK_ISSUER": "https://clerk.example:8446"}, "reader", 8446),
    ],
    ids=lambda part: json.dumps(part)[:70] if isinstance(part, dict) else str(part),
)
def test_the_network_is_open_where_the_settings_lead(changed: dict[str, Any], component: str, port: int) -> None:
    """Ports come from the settings themselves, and those of networkPolicy are added."""
    assert port in egress(render(values_with(**changed)), component)


def test_the_rules_are_those_of_the_repository() -> None:
    """Not copied: the chart links to deploy/prometheus/alerts.yaml; only the runbook's address may differ."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    assert (CHART / "files" / "alerts.yaml").is_symlink()
    assert of(full(), "PrometheusRule", "alerts")["spec"] == rules  # RUNBOOK is the address that is in the rules
    moved = render(values_with(**{**FULL, "monitoring.runbook": "https://runbook.example/audit"}))
    links = [
        rule["annotations"]["runbook_url"]
        for group in of(moved, "PrometheusRule", "alerts")["spec"]["groups"]
        for rule in group["rules"]
    ]
    assert links and all(link.startswith("https://runbook.example/audit#") for link in links)
    for component in ("consumer", "reader"):
        monitor = of(full(), "PodMonitor", component)
        assert monitor["metadata"]["labels"]["release"] == "prometheus"
        assert monitor["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"
        assert monitor["spec"]["selector"] == of(full(), "Deployment", component)["spec"]["selector"]


def volumes(pod: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the pod's only container has mounted: where from and how, by path."""
    sources = {volume.pop("name"): volume for volume in deepcopy(pod["volumes"])}
    (container,) = pod["containers"]
    return {
        mount["mountPath"]: (sources[mount["name"]], mount.get("readOnly", False))
        for mount in container["volumeMounts"]
    }


def test_the_sealer_alone_has_the_key() -> None:
    """As a file that its group may read, in no environment; nobody else mounts it, and the check may not write."""
    specs = dict(pods(full()))
    sealer = volumes(specs["sealer"])
    assert sealer["/keys"] == ({"secret": {"secretName": "audit-log-key", "defaultMode": 0o440}}, True)
    assert sealer["/seals"] == ({"persistentVolumeClaim": {"claimName": "audit-sealer"}}, False)
    assert specs["sealer"]["securityContext"]["fsGroup"] == specs["sealer"]["securityContext"]["runAsGroup"]
    assert environment(specs["sealer"])["AUDIT_SEAL_KEY"] == "/keys/old.key:/keys/log.key"
    assert volumes(specs["check"])["/seals"] == ({"persistentVolumeClaim": {"claimName": "audit-sealer"}}, True)
    (container,) = specs["check"]["containers"]
    (own,) = [mount for mount in container["volumeMounts"] if mount["mountPath"] == "/check"]
    assert own == {"name": "seals", "mountPath": "/check", "subPath": "check"}
    left = (
        environment(specs["sealer"])["AUDIT_CHECK_METRICS_FILE"],
        environment(specs["check"])["AUDIT_CHECK_METRICS_FILE"],
    )
    assert left == ("/seals/check/check.prom", "/check/check.prom")
    named = [name for name, pod in specs.items() if "audit-log-key" in json.dumps(pod)]
    assert named == ["sealer"]


def test_the_sealer_is_one_and_stands_apart() -> None:
    """An account without a token, one process at a time, a folder that outlives the release, a network of its own."""
    objects, specs = full(), dict(pods(full()))
    assert specs["sealer"]["serviceAccountName"] == of(objects, "ServiceAccount", "sealer")["metadata"]["name"]
    assert "serviceAccountName" not in specs["consumer"]
    deployment = of(objects, "Deployment", "sealer")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    claim = of(objects, "PersistentVolumeClaim", "sealer")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert egress(objects, "sealer") == egress(objects, "check") == {5432, 53}
    assert "ingress" not in of(objects, "NetworkPolicy", "check")["spec"]
    (affinity,) = specs["check"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert affinity["labelSelector"] == deployment["selector"]
    kept = render(values_with(**FULL | {"sealer": SEALER | {"storage": {"existingClaim": "seals"}}}))
    assert "PersistentVolumeClaim" not in kept
    assert volumes(dict(pods(kept))["sealer"])["/seals"][0] == {"persistentVolumeClaim": {"claimName": "seals"}}
    assert not {"ServiceAccount", "CronJob", "PersistentVolumeClaim"} & minimal().keys()


def test_copies_of_checkpoints_leave_the_sealer() -> None:
    """To a topic: the brokers' port is opened for the sealer alone. To a claim of another storage: it is mounted there alone."""
    copies = {
        "env": {"AUDIT_SEAL_COPY_TOPIC": "callmine.audit.checkpoints", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9093"},
        "storage": {"copyClaim": "elsewhere"},
    }
    objects = render(values_with(**FULL | {"sealer": SEALER | copies}))
    specs = dict(pods(objects))

    assert egress(objects, "sealer") == egress(objects, "check") | {9093}
    assert volumes(specs["sealer"])["/copies"] == ({"persistentVolumeClaim": {"claimName": "elsewhere"}}, False)
    assert environment(specs["sealer"])["AUDIT_SEAL_COPY_DIR"] == "/copies"
    assert [name for name, pod in specs.items() if "elsewhere" in json.dumps(pod)] == ["sealer"]
    assert "/copies" not in volumes(dict(pods(full()))["sealer"])


def test_the_command_that_copies_is_a_secret() -> None:
    """A token may be in the line: it comes from the Secret alone, and has the port that networkPolicy.copies names."""
    storage = {"ports": [8443], "to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}
    sealer = SEALER | {"secretEnv": ["DATABASE_URL", COMMAND]}
    objects = render(values_with(**FULL | {"sealer": sealer, "networkPolicy.copies": storage}))
    by_reference = {"secretKeyRef": {"name": "audit-sealer", "key": COMMAND}}
    assert environment(dict(pods(objects))["sealer"])[COMMAND] == by_reference
    rules = of(objects, "NetworkPolicy", "sealer")["spec"]["egress"]
    assert {"ports": [{"protocol": "TCP", "port": 8443}], "to": storage["to"]} in rules
    assert egress(objects, "check") == {5432, 53}
    none = render(values_with(**FULL | {"sealer": SEALER, "networkPolicy.copies": storage}))
    assert 8443 not in egress(none, "sealer"), "nothing copies there"
    open_wide = {"sealer": sealer, "networkPolicy.enabled": False}
    assert COMMAND in environment(dict(pods(render(values_with(**open_wide))))["sealer"])


def test_each_program_alone_has_its_private_keys() -> None:
    """As files that its group may read, beside the authorities; the check connects as the sealer, and no other pod has them."""
    specs = dict(pods(full()))
    assert len(specs) == 5
    for name, pod in specs.items():
        program = "sealer" if name == "check" else name
        keys = {"secret": {"secretName": KEYS[program], "defaultMode": 0o440}}
        assert volumes(pod)["/private-keys"] == (keys, True)
        assert volumes(pod)["/certificates"] == ({"configMap": {"name": "authorities"}}, True)
        assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
        assert [other for other in KEYS.values() if other in json.dumps(pod)] == [KEYS[program]]
    named = {"consumer.env.KAFKA_CONFIG_SSL_KEY_LOCATION": "/private-keys/kafka.key"}
    objects = render(values_with(**named, certificates={"secret": {"consumer": "consumer-keys"}}))
    assert [name for name, pod in pods(objects) if "volumes" in pod] == ["consumer"]
    assert "volumes" not in json.dumps([pod for _, pod in pods(minimal())])


def test_alerts_that_nothing_scrapes_for_are_told() -> None:
    """Without a PodMonitor someone else has to see to it that the pods are scraped; the notes say so."""
    alone = {"monitoring.prometheusRule": True, "monitoring.runbook": RUNBOOK}
    prometheus = {"networkPolicy.metricsFrom": FULL["networkPolicy.metricsFrom"]}
    words = "The alerts are installed, but no PodMonitor: AuditConsumerDown and AuditReaderDown page soon"
    assert words in notes(values_with(**alone, **prometheus))
    assert words in notes(values_with(**alone, **{"networkPolicy.enabled": False}))
    assert words not in notes(MINIMAL) and words not in notes(values_with(**FULL))
