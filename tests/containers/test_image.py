"""The application's image: small, without root, without tools, quick to start, and it stops cleanly on SIGTERM."""

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient  # type: ignore[import-untyped]
from docker.errors import ContainerError  # type: ignore[import-untyped]
from docker.models.containers import Container  # type: ignore[import-untyped]

from sandbox.services.issuer import Issuer
from sandbox.services.process import wait_until
from tests.containers.stack import ISSUER, ORIGIN

PROGRAMS = sorted(tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["scripts"])
MAX_BYTES = 250_000_000
START_SECONDS = 2.0
NOWHERE = {"DATABASE_URL": "postgresql://audit@127.0.0.1:1/audit", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
HARDENED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "network_mode": "none"}


@pytest.fixture
def running(engine: DockerClient, image: str, request: pytest.FixtureRequest) -> Iterator[Container]:
    """A program that runs though nothing outside answers: the one that the test names."""
    issuer = Issuer()
    clerk = {"CLERK_ISSUER": ISSUER, "CLERK_AUTHORIZED_PARTIES": ORIGIN, "CLERK_JWT_KEY": issuer.pem}
    issuer.close()
    container = engine.containers.run(image, request.param, detach=True, environment={**NOWHERE, **clerk}, **HARDENED)
    yield container
    container.remove(force=True)


def run(engine: DockerClient, image: str, *command: str) -> str:
    """What a command prints in a container that may change nothing and reach no one."""
    said: bytes = engine.containers.run(image, list(command), remove=True, **HARDENED)
    return said.decode()


def test_it_is_small(engine: DockerClient, image: str) -> None:
    """Under 250 MB with its base."""
    size = engine.images.get(image).attrs["Size"]
    print(f"{size / 1e6:.0f} MB")

    assert size < MAX_BYTES


def test_it_says_what_it_is(engine: DockerClient, image: str) -> None:
    """Labels, a user by number, the signal that it drains on, and no shell between that signal and the program."""
    attributes = engine.images.get(image).attrs["Config"]
    labels = {name.removeprefix("org.opencontainers.image.") for name in attributes["Labels"]}

    assert {"title", "description", "version", "revision"} <= labels
    assert attributes["User"] == "10001:10001"
    assert attributes["StopSignal"] == "SIGTERM"
    assert attributes["Cmd"] == ["audit-consumer", "--help"] and not attributes["Entrypoint"]
    assert attributes["Healthcheck"]["Test"][0] == "CMD"


def test_its_user_can_write_nowhere(engine: DockerClient, image: str) -> None:
    """Not even where the root file system is writable: no file below /app is the user's."""
    command = ["sh", "-c", "id -u; find /app -writable ! -type l | head; touch /app/x /x 2>&1 || true"]
    said = engine.containers.run(image, command, remove=True, network_mode="none").decode().splitlines()

    assert said[0] == "10001"
    assert [line for line in said[1:] if "Permission denied" not in line] == []


def test_it_has_no_tools_and_no_tests(engine: DockerClient, image: str) -> None:
    """What builds, tests and demonstrates stays outside."""
    unwanted = ("pip", "hatchling", "pytest", "mypy", "sandbox", "tests", "testcontainers", "setuptools")
    tried = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"

    assert run(engine, image, "python", "-c", tried, *unwanted).strip() == "[]"
    with pytest.raises(ContainerError):
        run(engine, image, "sh", "-c", "command -v gcc || command -v pip")


def test_its_core_is_compiled(engine: DockerClient, image: str) -> None:
    """What runs for every record is machine code (decision 23)."""
    assert run(engine, image, "python", "-c", "import consumer.event.pipeline as p; print(p.__file__)").endswith(
        ".so\n"
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_is_in_it(engine: DockerClient, image: str, program: str) -> None:
    """Each script of pyproject.toml runs with a read-only root and no network."""
    assert run(engine, image, program, "--help").lstrip().lower().startswith("usage: " + program)


def test_a_command_starts_within_two_seconds(engine: DockerClient, image: str) -> None:
    """From the engine's being asked to the catalog's last line; the best of three, as others use the machine too."""
    taken = []
    for _ in range(3):
        since = time.monotonic()
        assert "schedule.lifecycle_changed" in run(engine, image, "audit-consumer", "catalog")
        taken.append(time.monotonic() - since)
    print(f"catalog: {min(taken):.2f} s")

    assert min(taken) < START_SECONDS


@pytest.mark.parametrize(
    "running", [["audit-consumer", "run"], ["audit-reader", "serve"]], indirect=True, ids=["consumer", "reader"]
)
def test_a_program_starts_is_well_and_ends_on_sigterm(running: Container) -> None:
    """It logs within two seconds, its healthcheck succeeds although all else is unavailable, and as process 1 it exits 0."""
    assert wait_until(lambda: b'"event": "started"' in running.logs(), limit=60)
    assert _seconds_to_first_line(running) < START_SECONDS
    assert wait_until(lambda: _healthy(running), limit=60, pause=0.2), running.logs().decode()
    running.stop(timeout=30)
    running.reload()

    assert running.attrs["State"]["ExitCode"] == 0, running.logs().decode()
    assert b'"event": "finished"' in running.logs()


def test_a_setting_that_is_missing_is_named(engine: DockerClient, image: str) -> None:
    """Without settings a program says which, and exits 2."""
    with pytest.raises(ContainerError) as refusal:
        run(engine, image, "audit-consumer", "run")

    assert refusal.value.exit_status == 2
    assert (
        "DATABASE_URL" in refusal.value.stderr.decode() and "KAFKA_BOOTSTRAP_SERVERS" in refusal.value.stderr.decode()
    )


def _healthy(container: Container) -> bool:
    return bool(container.exec_run(["python", "-I", "/app/healthcheck.py"]).exit_code == 0)


def _seconds_to_first_line(container: Container) -> float:
    """By the engine's own clock for both."""
    container.reload()
    first = container.logs(timestamps=True).decode().split()[0]
    return _instant(first) - _instant(container.attrs["State"]["StartedAt"])


def _instant(text: str) -> float:
    whole, _, fraction = text.rstrip("Z").partition(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction or 0}")
