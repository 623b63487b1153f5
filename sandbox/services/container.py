"""Kafka in a container, where a Docker engine answers."""

import os
from collections.abc import Mapping
from pathlib import Path

from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from sandbox.services.kafka import VERSION, answers
from sandbox.services.kafka_config import CONFIG
from sandbox.services.ports import free_port
from sandbox.services.process import SandboxError, wait_until
from sandbox.services.service import KafkaBroker

IMAGE = f"apache/kafka:{VERSION}"


class ContainerKafka(KafkaBroker):
    """The official image, or another that reads the same KAFKA_… settings: AUDIT_KAFKA_IMAGE names it.

    `config` goes over our own settings of the broker. testcontainers' Ryuk removes the container when this process is gone.
    """

    def __init__(self, *, config: Mapping[str, str] | None = None, environ: Mapping[str, str] = os.environ) -> None:
        _require_engine()
        image = environ.get("AUDIT_KAFKA_IMAGE", IMAGE)
        self.description = f"Kafka in a container of {image}"
        self.port = free_port()
        self._started = False
        places = {
            "listeners": "PLAINTEXT://:9092,INTERNAL://localhost:9094,CONTROLLER://localhost:9093",
            # Where we reach it is no address inside the container, and there the broker writes to itself (transactions).
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap},INTERNAL://localhost:9094",
            "inter.broker.listener.name": "INTERNAL",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.quorum.voters": "1@localhost:9093",
        }
        settings = {
            f"KAFKA_{name.upper().replace('.', '_')}": value
            for name, value in {**CONFIG, **places, **(config or {})}.items()
        }
        self._container = DockerContainer(image, env=settings)
        # The engine takes a pair (address, port), so that only loopback is bound; testcontainers' type has the port.
        self._container.ports["9092/tcp"] = ("127.0.0.1", self.port)  # type: ignore[assignment]

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`, the same over restarts."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Pulls the image if need be, starts the container, and waits until Kafka answers."""
        if self._started:
            self._container.get_wrapped_container().start()
        else:
            self._create()
        wait_until(lambda: not self._runs() or answers(self.bootstrap), limit=90)
        if not answers(self.bootstrap):
            log = self._container.get_wrapped_container().logs(tail=25).decode(errors="replace")
            raise SandboxError(
                f"{self.description} {'did not answer' if self._runs() else 'ended'} at its start:\n{log}"
            )

    def _runs(self) -> bool:
        container = self._container.get_wrapped_container()
        container.reload()
        return bool(container.status == "running")

    def _create(self) -> None:
        try:
            self._container.start()
        except DockerException as error:
            raise SandboxError(f"{self.description} cannot be started: {error}") from error
        self._started = True

    def stop(self) -> None:
        """Stops the container; what it holds is kept."""
        if self._started:
            self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        """SIGKILL to the container's process; what it holds is kept."""
        if self._started:
            self._container.get_wrapped_container().kill()

    def close(self) -> None:
        """Removes the container."""
        self._container.stop()


def _require_engine() -> None:
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    try:
        # Looked at first: the client leaks its socket when nothing listens.
        if host.startswith("unix://") and not Path(host.removeprefix("unix://")).is_socket():
            raise DockerException(f"{host} is not there")
        DockerClient().client.ping()
    except DockerException as error:
        raise SandboxError(f"no Docker engine answers: start one, or leave AUDIT_SANDBOX unset ({error})") from error
