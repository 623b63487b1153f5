"""deploy/compose.yaml without an engine: it is valid, refuses what is missing by name, and gives nobody more than needed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from catalog.topics import TOPICS
from consumer.settings import Settings as ConsumerSettings
from export.settings import CheckSettings, SealSettings
from reader.settings import Settings as ReaderSettings
from sandbox.services.container import IMAGE
from sandbox.services.registry import VERSION as REGISTRY_VERSION

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
CELLS = DEPLOY / "compose.cells.yaml"
SECRETS = (
    "POSTGRES_PASSWORD", "AUDIT_CONSUMER_PASSWORD", "AUDIT_READER_PASSWORD", "AUDIT_OPERATOR_PASSWORD",
    "AUDIT_SEALER_PASSWORD", "AUDIT_STANDBY_PASSWORD", "CLERK_ISSUER", "CLERK_AUTHORIZED_PARTIES",
)  # fmt: skip
ENVIRON = {**dict.fromkeys(SECRETS, "given"), "GRAFANA_PASSWORD": "given"}
JOBS = {"topics", "migrate", "logins", "operator"}
OURS = {"migrate", "consumer", "reader", "operator", "sealer", "check"}
# What they have beside their image: where it is, and whether they can only read it.
MOUNTED = {
    "sealer": [("/sealing", False)],
    "check": [("/sealing/sealed", True), ("/sealing/auditor.policy", True), ("/sealing/check", False)],
}
LIBPQ = {"PGPASSWORD"}
# Of the loop in the service, not of the program.
LOOP = {"AUDIT_CHECK_EVERY"}


def compose(
    environ: Mapping[str, str], *arguments: str, files: tuple[Path, ...] = (COMPOSE,)
) -> subprocess.CompletedProcess[str]:
    """Runs docker-compose on the files, in an environment of these variables only."""
    program = Path(sys.executable).with_name("docker-compose")
    command = [str(program), *(f"--file={file}" for file in files), *arguments]
    own = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **environ}
    return subprocess.run(command, check=False, env=own, capture_output=True, text=True)


@cache
def services(*files: Path) -> Mapping[str, Any]:
    """All services, of every profile, as compose understands the files; by default compose.yaml alone."""
    process = compose(ENVIRON, "--profile=*", "config", "--format=json", files=files or (COMPOSE,))
    assert (process.returncode, process.stderr) == (0, "")
    read: Mapping[str, Any] = json.loads(process.stdout)["services"]
    return read


def ports() -> Iterator[Mapping[str, Any]]:
    for service in services().values():
        yield from service.get("ports", [])


def test_it_is_valid_and_compose_has_nothing_to_say() -> None:
    """With every profile, and without a warning; monitoring and the operator come only when asked for."""
    process = compose(ENVIRON, "config", "--services")

    asked_for = {"prometheus", "grafana", "operator", "sealer", "check", "standby"}
    assert set(process.stdout.split()) == services().keys() - asked_for
    assert services().keys() >= JOBS | OURS


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_not_set_is_named(name: str) -> None:
    """Nothing starts on a default password; the message says which variable, and where it is explained."""
    for environ in ({key: value for key, value in ENVIRON.items() if key != name}, {**ENVIRON, name: ""}):
        process = compose(environ, "config")

        assert process.returncode != 0
        assert f"required variable {name} is missing a value: is not set; see docs/deployment.md" in process.stderr


def test_no_default_is_a_secret() -> None:
    """The file has no password of its own: whatever is called one comes from a variable without a default."""
    passwords = re.findall(r"PASSWORD\w*: (\S+)", COMPOSE.read_text())

    assert len(passwords) >= len(SECRETS)
    assert [value for value in passwords if not re.match(r"\$\{\w+:\?|/run/secrets/", value)] == []


def test_ports_are_on_loopback() -> None:
    """Whatever is published."""
    assert {port["host_ip"] for port in ports()} == {"127.0.0.1"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_programs_can_change_nothing(name: str) -> None:
    """A read-only root, no capabilities, no way to get any; no volume but what sealing is about."""
    service = services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    mounted = [(volume["target"], volume.get("read_only", False)) for volume in service.get("volumes", [])]
    assert mounted == MOUNTED.get(name, [])


def test_no_ones_program_gets_more_than_it_needs() -> None:
    """Others' images too: PostgreSQL's entry point alone has capabilities, those with which it leaves root."""
    assert {name for name, service in services().items() if service["cap_drop"] != ["ALL"]} == set()
    assert {
        name for name, service in services().items() if service["security_opt"] != ["no-new-privileges:true"]
    } == set()
    assert {name: service["cap_add"] for name, service in services().items() if "cap_add" in service} == {
        "postgres": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
    }


def test_what_runs_on_is_limited_restarted_and_watched() -> None:
    """Limits for all; the others come back by themselves, and say how they are, themselves or by their image."""
    for name, service in services().items():
        assert {"cpus", "memory", "pids"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert service["restart"] == ("no" if name in JOBS else "unless-stopped"), name
        assert name in JOBS or name in OURS or service["healthcheck"]["test"], name


def test_the_schema_comes_before_the_programs() -> None:
    """PostgreSQL, then migrate, then logins, then whoever logs in; topics before the consumer."""
    completed, healthy = "service_completed_successfully", "service_healthy"
    conditions = {
        (name, other): dependency["condition"]
        for name, service in services().items()
        for other, dependency in service.get("depends_on", {}).items()
    }

    assert (
        conditions.items()
        >= {
            ("migrate", "postgres"): healthy,
            ("logins", "migrate"): completed,
            ("topics", "kafka"): healthy,
            ("consumer", "logins"): completed,
            ("consumer", "topics"): completed,
            ("reader", "logins"): completed,
            ("operator", "logins"): completed,
            ("sealer", "logins"): completed,
            ("sealer", "topics"): completed,
            ("check", "sealer"): healthy,
        }.items()
    )


def test_images_come_from_variables_and_default_to_official_ones() -> None:
    """Each can be replaced; by default it has a version, and is what the sandbox runs on."""
    named = re.findall(r"^    image: (.+)$|^  image: (.+)$", COMPOSE.read_text(), re.MULTILINE)
    pattern = re.compile(r"\$\{(AUDIT_(?:\w+_)?IMAGE):-[\w/-]+:(?!latest)[\w.]+\}")

    assert named and all(pattern.fullmatch(image or other) for image, other in named)
    assert services()["kafka"]["image"] == services()["topics"]["image"] == IMAGE
    assert services()["registry"]["image"].endswith(f":{REGISTRY_VERSION}")


def test_the_topics_are_those_of_the_catalog() -> None:
    """What the job makes is what the consumer reads by default."""
    assert sorted(services()["topics"]["environment"]["TOPICS"].split()) == sorted(TOPICS)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("consumer", ConsumerSettings),
        ("operator", ConsumerSettings),
        ("migrate", ConsumerSettings),
        ("reader", ReaderSettings),
        ("sealer", SealSettings),
        ("check", CheckSettings),
    ],
)
def test_our_programs_get_only_settings_that_they_have(name: str, model: type[BaseModel]) -> None:
    """A misspelled setting would be ignored in silence: each is an alias of the program's own, or libpq's."""
    known = {str(field.alias) for field in model.model_fields.values()}

    assert services()[name]["environment"].keys() <= known | LIBPQ | (LOOP if name == "check" else set())


def test_the_sealer_alone_has_the_key() -> None:
    """It has a login and a user of its own; the check beside it sees neither the key's file nor its setting."""
    named = {name for name, service in services().items() if "AUDIT_SEAL_KEY" in service.get("environment", {})}
    logins = {
        name: service["environment"].get("DATABASE_URL", "") for name, service in services().items() if name in OURS
    }

    assert named == {"sealer"}
    assert {name for name, url in logins.items() if "//audit_seal@" in url} == {"sealer", "check"}
    assert services()["sealer"]["user"] == services()["check"]["user"] == "10001:10001"
    topic = services()["sealer"]["environment"]["AUDIT_SEAL_COPY_TOPIC"]
    assert topic == services()["topics"]["environment"]["CHECKPOINTS"] not in TOPICS


def test_what_is_mounted_is_there() -> None:
    """An engine would make an empty folder in the place of a file that is missing."""
    mounted = [
        Path(volume["source"])
        for service in services().values()
        for volume in service.get("volumes", [])
        if volume["type"] == "bind" and not volume["target"].startswith("/sealing")
    ]

    assert mounted and [path for path in mounted if not path.exists()] == []


def test_grafana_finds_what_is_provisioned() -> None:
    """The dashboard lies where the provider looks, and its data source is the Prometheus of the same file."""
    folder = DEPLOY / "grafana" / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "callmine-audit.yaml").read_text())["providers"]
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())["datasources"]
    targets = {volume["target"] for volume in services()["grafana"]["volumes"]}
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}

    assert f"{provider['options']['path']}/callmine-audit.json" in targets
    assert source["isDefault"] and source["type"] == variables["datasource"]["query"]
    assert source["url"] == "http://prometheus:9090" and "prometheus" in services()


def test_no_engine_makes_the_sealers_folders() -> None:
    """Where key, policy or folder are missing nothing starts: an empty folder made in their place would be sealed into."""
    for file in (COMPOSE, CELLS):
        written = [line for line in file.read_text().splitlines() if "target: /sealing" in line]

        assert len(written) == sum(map(len, MOUNTED.values()))
        assert [line for line in written if "bind: {create_host_path: false}" not in line] == []


def test_the_standby_follows_without_a_password_in_its_command() -> None:
    """It may write only what is its own, takes the password from the environment, and asks the primary as a login that reads no table."""
    standby, primary = services()["standby"], services()["postgres"]
    (command,) = standby["command"]

    assert standby["profiles"] == ["standby"] and standby["user"] == "postgres" and "ports" not in standby
    assert standby["image"] == primary["image"] and standby["healthcheck"] == primary["healthcheck"]
    assert {volume["source"] for volume in standby["volumes"]} & {
        volume["source"] for volume in primary["volumes"]
    } == {str(DEPLOY / "compose" / "pg_hba.conf")}
    assert (
        standby["environment"] == {"PRIMARY": "postgres", "PGPASSWORD": "given"} and "password" not in command.lower()
    )
    assert "user=audit_standby" in command and "--username=audit_standby" in command
    allowed = (DEPLOY / "compose" / "pg_hba.conf").read_text().splitlines()
    assert [line.split() for line in allowed if "replication" in line and not line.startswith("#")] == [
        ["host", "replication", "audit_standby", "all", "scram-sha-256"]
    ]
