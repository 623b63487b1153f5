"""A real schema registry on 127.0.0.1: Apicurio, in memory, spoken to by its Confluent-compatible API."""

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from sandbox.services import maven
from sandbox.services.java import java, quiet
from sandbox.services.plain_http import NO_TLS
from sandbox.services.ports import free_port
from sandbox.services.process import Server
from sandbox.services.service import Service
from sandbox.services.temporary_folder import TemporaryFolder

VERSION = "2.6.13.Final"
ARCHIVE = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"


class SchemaRegistry(Service):
    """Apicurio as a Java process. Its schemas are in memory: `stop` and `kill` lose them, the address stays."""

    description = f"Apicurio Registry {VERSION}, in memory, Confluent-compatible API"

    def __init__(self, *, environ: Mapping[str, str] = os.environ) -> None:
        home = maven.unpacked(f"apicurio-registry-{VERSION}", ARCHIVE, environ)
        self.port = free_port()
        self._folder = TemporaryFolder("registry")
        self._server = Server("registry", self._folder, self._answers)
        self._java: tuple[str | Path, ...] = (java(environ), *quiet(self._folder.path), "-XX:TieredStopAtLevel=1")
        self._jar = home / f"apicurio-registry-app-{VERSION}-runner.jar"

    @property
    def url(self) -> str:
        """What SCHEMA_REGISTRY_URL wants: the root of the Confluent-compatible API."""
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    @property
    def pid(self) -> int | None:
        """The Java process's id, None when it does not run."""
        return self._server.pid

    def register(self, subject: str, schema: str) -> int:
        """Registers an Avro schema (its JSON text) under a subject; its id. httpx.HTTPStatusError if it is refused."""
        url = f"{self.url}/subjects/{subject}/versions"
        answer = httpx.post(url, json={"schema": schema}, timeout=30, trust_env=False).raise_for_status()
        return int(answer.json()["id"])

    def start(self) -> None:
        """Starts it, empty, and waits until it answers."""
        where = {"QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": str(self.port)}
        self._server.start([*self._java, "-jar", self._jar], where)

    def stop(self) -> None:
        """Ends it in order."""
        self._server.stop()

    def kill(self) -> None:
        """SIGKILL."""
        self._server.kill()

    def close(self) -> None:
        """Ends it and removes its folder."""
        self.kill()
        self._folder.close()

    def _answers(self) -> bool:
        try:
            # A proxy of the environment has nothing to do with 127.0.0.1.
            return httpx.get(f"{self.url}/subjects", verify=NO_TLS, timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False
