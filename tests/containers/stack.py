"""deploy/compose.yaml as a project of its own, on free ports, with passwords of its own; gone at the end."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from docker import DockerClient  # type: ignore[import-untyped]
from docker.models.containers import Container  # type: ignore[import-untyped]

from sandbox.services.issuer import Issuer, Person
from sandbox.services.ports import free_port

ROOT = Path(__file__).parents[2]
COMPOSE, EXPORT = (Path(sys.executable).with_name(name) for name in ("docker-compose", "audit-export"))
ISSUER, ORIGIN = "https://clerk.callmine.example", "https://app.callmine.example"
PORTS = (
    "AUDIT_KAFKA_PORT",
    "AUDIT_POSTGRES_PORT",
    "AUDIT_POSTGRES_2_PORT",
    "AUDIT_REGISTRY_PORT",
    "AUDIT_READER_PORT",
    "AUDIT_PROMETHEUS_PORT",
)
UP = ("up", "--detach", "--no-build", "--wait", "--wait-timeout=180")
# With what a URL or a shell would take for its own.
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "AUDIT_CONSUMER_PASSWORD",
    "AUDIT_READER_PASSWORD",
    "AUDIT_OPERATOR_PASSWORD",
    "AUDIT_SEALER_PASSWORD",
    "AUDIT_STANDBY_PASSWORD",
)


class Stack:
    """A compose project: compose.yaml, then other files of deploy/; a second `up` does no harm."""

    def __init__(self, engine: DockerClient, *behind: str) -> None:
        self._files = [f"--file={ROOT / 'deploy' / name}" for name in ("compose.yaml", *behind)]
        self.project = f"callmine-audit-{secrets.token_hex(4)}"
        self.ports = {name: free_port() for name in PORTS}
        self.passwords = {name: f"p@:/'%#{secrets.token_hex(8)}" for name in PASSWORDS}
        self._engine = engine
        self._issuer = Issuer(audience=ORIGIN)
        self._environ = {
            **os.environ,
            **{name: str(port) for name, port in self.ports.items()},
            **self.passwords,
            "CLERK_ISSUER": ISSUER,
            "CLERK_AUTHORIZED_PARTIES": ORIGIN,
            "CLERK_JWT_KEY": self._issuer.pem,
        }

    def __enter__(self) -> Self:
        try:
            self.up()
            self.up("prometheus")  # alone of its profile: Grafana's image has no replacement
        except BaseException:
            print(self.compose("logs", "--tail=30", check=False).stdout)
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def up(self, *services: str) -> None:
        """Starts what does not run, by default all but the profiles', and waits until it is healthy."""
        self.compose(*UP, *services)

    def scale(self, service: str, number: int) -> None:
        """So many containers of a service, and healthy."""
        self.compose(*UP, "--no-deps", f"--scale={service}={number}", service)

    def close(self) -> None:
        """Removes everything of the project."""
        self._issuer.close()
        self.compose("--profile=*", "down", "--volumes", "--remove-orphans", "--timeout=10", check=False)

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs docker-compose; AssertionError, with what it said, when it fails."""
        command = [
            str(COMPOSE),
            *self._files,
            f"--project-name={self.project}",
            *arguments,
        ]
        process = subprocess.run(command, check=False, env=self._environ, capture_output=True, text=True)
        assert process.returncode == 0 or not check, f"{arguments}: {process.stdout[-2000:]}{process.stderr[-4000:]}"
        return process

    def containers(self, service: str | None = None) -> list[Container]:
        """The project's containers, also those that have ended."""
        labels = [f"com.docker.compose.project={self.project}"]
        labels += [f"com.docker.compose.service={service}"] if service else []
        running: list[Container] = self._engine.containers.list(all=True, filters={"label": labels})
        return running

    def left(self) -> list[Any]:
        """Containers, volumes and networks of the project."""
        own = {"label": f"com.docker.compose.project={self.project}"}
        return [*self.containers(), *self._engine.volumes.list(filters=own), *self._engine.networks.list(filters=own)]

    def change_password(self, setting: str) -> None:
        """The next `up` gives this password a new value."""
        self._environ[setting] = self.passwords[setting] = f"p@:/'%#{secrets.token_hex(8)}"

    def seal_in(self, setting: str, folder: Path, name: str) -> None:
        """Makes the keys, the policy and the folders of a log in `folder`, as docs/deployment.md does, and names it by the setting."""
        for output in ("sealed", "check"):
            (folder / output).mkdir(parents=True)
        for key, out in ((f"{name}/log", "log"), (f"{name}/exporter", "exporter")):
            subprocess.run([EXPORT, "keygen", key, "--out", str(folder / out)], check=True, capture_output=True)
        log, exporter = ((folder / f"{out}.vkey").read_text() for out in ("log", "exporter"))
        (folder / "auditor.policy").write_text(f"log {log}exporter {exporter}")
        self._environ[setting] = str(folder)
        self._environ["AUDIT_SEALER_USER"] = f"{os.getuid()}:{os.getgid()}"

    def point_reader_at(self, host: str) -> None:
        """Moves the reader to a database, which is started where it does not run."""
        self._environ["AUDIT_READER_DATABASE_URL"] = f"postgresql://audit_page@{host}:5432/audit"
        self.up(host, "reader")

    def leaked(self, log: str) -> list[str]:
        """The settings whose passwords a log has."""
        return [setting for setting, password in self.passwords.items() if password in log]

    def at(self, port: str) -> str:
        """host:port of a published port, by its setting."""
        return f"127.0.0.1:{self.ports[port]}"

    def read(self, path: str, person: Person, **parameters: str) -> httpx.Response:
        """What the reader answers `person`, who is signed in by a token that the test has signed."""
        token = self._issuer.token(person, iss=ISSUER)
        url = f"http://{self.at('AUDIT_READER_PORT')}{path}"
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, params=parameters, trust_env=False)

    def targets(self) -> dict[str, str]:
        """Prometheus' targets: the health of each job's only one."""
        targets = self.prometheus("targets")["activeTargets"]
        return {target["labels"]["job"]: target["health"] for target in targets}

    def prometheus(self, path: str, **parameters: str) -> Any:
        """What Prometheus' API answers."""
        url = f"http://{self.at('AUDIT_PROMETHEUS_PORT')}/api/v1/{path}"
        return httpx.get(url, params=parameters, trust_env=False).json()["data"]

    def status(self) -> Mapping[str, Any]:
        """What `audit-consumer status` says to an operator; it must balance."""
        process = self.compose("run", "--rm", "--no-TTY", "operator", "audit-consumer", "status", "--format", "json")
        status_read: Mapping[str, Any] = json.loads(process.stdout)
        return status_read
