"""What a growing installation is given, without an engine or a cluster: readers on a standby, and two cells, by compose and by the chart."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from helm_python.chart import lint
from kubernetes_validate import validate

import consumer.settings
import reader.settings
from catalog.cells import coverage_faults
from tests.deploy.test_compose import CELLS, COMPOSE, DEPLOY, ENVIRON, compose, services
from tests.deploy.test_helm import CHART, FULL, KUBERNETES, environment, of, pods, render, values_with

EXAMPLES = DEPLOY / "helm" / "examples"
CELL_FILES = ("cell-1-of-2.yaml", "cell-2-of-2.yaml")
CLERK = {
    "CLERK_ISSUER": "https://clerk.example",
    "CLERK_AUTHORIZED_PARTIES": "https://app.example",
    "CLERK_JWT_KEY": "",
}
PAGE = "postgresql://audit_page"
# Of compose's services: where a cell is, and whom it asks. All others are each cell's own.
PLACE = {"DATABASE_URL", "PGHOST", "PRIMARY", "AUDIT_CELL", "AUDIT_SEAL_COPY_TOPIC"}
ONE_OF_ALL_CELLS = {"kafka", "topics", "registry", "reader", "prometheus", "grafana"}
# What cells must share, and what each must have for itself.
ONE_FOR_ALL, ONE_FOR_EACH = {"reader"}, {"migrate", "consumer", "sealer", "check"}


@pytest.mark.parametrize(
    ("files", "primaries", "standbys"),
    [
        ((COMPOSE,), f"{PAGE}@postgres:5432/audit", {"standby"}),
        (
            (COMPOSE, CELLS),
            f"1/2={PAGE}@postgres:5432/audit 2/2={PAGE}@postgres-2:5432/audit",
            {"standby", "standby-2"},
        ),
    ],
    ids=["one", "cells"],
)
def test_readers_are_moved_to_standbys_by_one_variable(
    files: tuple[Path, ...], primaries: str, standbys: set[str]
) -> None:
    """By default they ask primaries; they wait for standbys only where there are any."""
    moved = primaries.replace("postgres:", "standby:").replace("postgres-2:", "standby-2:")
    for changed, url in (({}, primaries), ({"AUDIT_READER_DATABASE_URL": moved}, moved)):
        process = compose({**ENVIRON, **changed}, "config", "--format=json", files=files)
        service = json.loads(process.stdout)["services"]["reader"]

        assert service["environment"]["DATABASE_URL"] == url
        optional = {name for name, how in service["depends_on"].items() if not how["required"]}
        assert optional == standbys
        assert {service["depends_on"][name]["condition"] for name in standbys} == {"service_healthy"}


def test_the_services_of_a_second_cell_are_those_of_the_first() -> None:
    """But for the database that they ask or are, the cell, what they wait for, and where they are on the host."""
    by_name = services(COMPOSE, CELLS)
    seconds = {name: name.removesuffix("-2") for name in by_name if name.endswith("-2")}

    assert by_name.keys() - seconds.keys() == services().keys()
    assert set(seconds.values()) == by_name.keys() - seconds.keys() - ONE_OF_ALL_CELLS
    for second, first in seconds.items():
        mine, other = (_without_place(by_name[name]) for name in (first, second))
        assert mine == other, second
        waits = {name.removesuffix("-2"): how for name, how in by_name[second].get("depends_on", {}).items()}
        assert waits == by_name[first].get("depends_on", {})
        shared = {name for name in by_name[second].get("depends_on", {}) if not name.endswith("-2")}
        assert shared <= {"topics"}, "it waits for the first cell"


def _without_place(service: Mapping[str, Any]) -> dict[str, Any]:
    """A service without what says where it is and whom it asks."""
    environment = {name: value for name, value in (service.get("environment") or {}).items() if name not in PLACE}
    volumes = sorted((volume["target"], volume.get("read_only", False)) for volume in service.get("volumes", []))
    left = {
        name: value for name, value in service.items() if name not in {"depends_on", "ports", "volumes", "environment"}
    }
    return {**left, "environment": environment, "volumes": volumes}


def test_each_workspace_has_one_cell_and_the_reader_finds_it() -> None:
    """The consumers' cells are every key once, each with a database of its own, which the reader names by the same cell."""
    by_name = services(COMPOSE, CELLS)
    loaded = {
        name: consumer.settings.load(by_name[name]["environment"], kafka=True) for name in ("consumer", "consumer-2")
    }
    read = reader.settings.load({**by_name["reader"]["environment"], **CLERK}).databases
    hosts = {settings.cell: host_of(settings.database_url.get_secret_value()) for settings in loaded.values()}

    assert coverage_faults(sorted(hosts)) == []
    assert {cell: host_of(url) for cell, url in read.items()} == hosts
    assert len({settings.group for settings in loaded.values()}) == 2
    for suffix in ("", "-2"):
        operating, consuming = (by_name[name + suffix]["environment"] for name in ("operator", "consumer"))
        assert operating["AUDIT_CELL"] == consuming["AUDIT_CELL"]
        assert host_of(operating["DATABASE_URL"]) == host_of(consuming["DATABASE_URL"])
    assert {port["host_ip"] for service in by_name.values() for port in service.get("ports", [])} == {"127.0.0.1"}
    published = [port["published"] for service in by_name.values() for port in service.get("ports", [])]
    assert len(published) == len(set(published))


def test_each_cell_seals_a_log_of_its_own() -> None:
    """Of its own database, in folders of its own, with a topic for its checkpoints, which is made; keys are in no other place."""
    by_name = services(COMPOSE, CELLS)
    for suffix in ("", "-2"):
        asked = {host_of(by_name[name + suffix]["environment"]["DATABASE_URL"]) for name in ("sealer", "check")}
        assert asked == {host_of(by_name[f"consumer{suffix}"]["environment"]["DATABASE_URL"])}
    mounted = [
        {volume["source"].removeprefix(str(DEPLOY)).split("/")[1] for volume in by_name[name + suffix]["volumes"]}
        for suffix in ("", "-2")
        for name in ("sealer", "check")
    ]
    assert mounted == [{"sealing"}, {"sealing"}, {"sealing-2"}, {"sealing-2"}]
    topics = [by_name[name]["environment"]["AUDIT_SEAL_COPY_TOPIC"] for name in ("sealer", "sealer-2")]
    assert topics == by_name["topics"]["environment"]["CHECKPOINTS"].split() and len(set(topics)) == 2


def host_of(url: str) -> str:
    """The server that a connection URL names."""
    return str(urlsplit(url).hostname)


def example(name: str) -> dict[str, Any]:
    """The values of a site with everything on, and then an example, merged as helm merges two files."""
    values = deepcopy(values_with(**FULL))
    values["sealer"]["env"]["KAFKA_BOOTSTRAP_SERVERS"] = "kafka.internal:9093"  # the examples leave it to the site
    _merge(values, yaml.safe_load((EXAMPLES / name).read_text()))
    return values


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def _secrets(values: dict[str, Any]) -> dict[str, str]:
    """The Secret that each program of a release has its database from."""
    return {name: environment(pod)["DATABASE_URL"]["secretKeyRef"]["name"] for name, pod in pods(render(values))}


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_an_example_is_valid(name: str) -> None:
    """After a site's own values, helm accepts it, and each manifest of Kubernetes' own kinds is valid."""
    values = example(name)
    assert not lint(CHART, values=values, strict=True)["errors"]
    for kind in ("Deployment", "Job", "CronJob", "NetworkPolicy"):
        for manifest in render(values)[kind]:
            validate(manifest, KUBERNETES, strict=True)


def test_two_releases_are_two_cells() -> None:
    """Together they take every key once, each as a group of its own; readers share a Secret, and nothing else is shared."""
    releases = [render(example(name)) for name in CELL_FILES]
    environments = [environment(dict(pods(objects))["consumer"]) for objects in releases]
    url = {"DATABASE_URL": "postgresql://audit@db/audit", "KAFKA_CONFIG_SASL_USERNAME": "x"}
    url |= {"KAFKA_CONFIG_SASL_PASSWORD": "x", "KAFKA_CONFIG_SASL_MECHANISM": "SCRAM-SHA-512"}
    loaded = [
        consumer.settings.load(
            {**{name: text for name, text in objects.items() if isinstance(text, str)}, **url}, kafka=True
        )
        for objects in environments
    ]
    assert coverage_faults([settings.cell for settings in loaded]) == []
    assert len({settings.group for settings in loaded}) == 2
    first, second = (_secrets(example(name)) for name in CELL_FILES)
    assert first.keys() == second.keys() == ONE_FOR_ALL | ONE_FOR_EACH
    assert {name for name in first if first[name] == second[name]} == ONE_FOR_ALL
    objects, other = (example(name)["sealer"] for name in CELL_FILES)
    for own in ("keySecret", "check"):
        assert objects[own] != other[own]
    assert objects["env"]["AUDIT_SEAL_COPY_TOPIC"] != other["env"]["AUDIT_SEAL_COPY_TOPIC"]


@pytest.mark.parametrize("cell", ["1/1", "1/2", "2/2", "4096/4096"])
@pytest.mark.parametrize("group", [{}, {"AUDIT_GROUP_ID": "g"}], ids=["default", "named"])
def test_keda_asks_for_the_group_that_the_consumer_is_in(cell: str, group: dict[str, str]) -> None:
    """The name of a cell's group is the program's; of another one KEDA would see no progress, and scale to the most."""
    environ = {"AUDIT_CELL": cell, **group}
    objects = render(values_with(**FULL, **{f"consumer.env.{name}": value for name, value in environ.items()}))
    triggers = of(objects, "ScaledObject", "consumer")["spec"]["triggers"]
    url = {"DATABASE_URL": "postgresql://audit@db/audit", "KAFKA_BOOTSTRAP_SERVERS": "k:9092"}
    assert {trigger["metadata"]["consumerGroup"] for trigger in triggers} == {
        consumer.settings.load({**url, **environ}, kafka=True).group
    }


def test_readers_move_to_a_standby_alone() -> None:
    """Of all programs only the reader has another Secret, and the network lets it reach both servers."""
    before, after = _secrets(values_with(**FULL)), _secrets(example("standby.yaml"))
    assert {name for name in before if before[name] != after[name]} == {"reader"}
    objects = render(example("standby.yaml"))
    assert of(objects, "Deployment", "reader")["spec"]["replicas"] == 4
    asked = {
        peer["ipBlock"]["cidr"]
        for rule in of(objects, "NetworkPolicy", "reader")["spec"]["egress"]
        for peer in rule.get("to", ())
        if rule["ports"] == [{"protocol": "TCP", "port": 5432}]
    }
    assert asked == {"10.2.0.10/32", "10.2.0.11/32"}
