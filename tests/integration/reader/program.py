"""`audit-reader serve` itself, as a process of its own with settings that production could have.

Tokens are signed by the sandbox's issuer in the name of one that is https, and checked by its public key or its JWKS on
loopback: nothing about the program is different from what is deployed.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.services.issuer import Issuer, Person
from sandbox.services.machine import HERE, Machine
from sandbox.services.plain_http import NO_TLS
from sandbox.services.ports import free_port
from sandbox.services.process import Server
from sandbox.services.temporary_folder import TemporaryFolder
from tests.integration.reader.site import ADMIN

ISSUER, ORIGIN = "https://clerk.callmine.example", "https://app.callmine.example"
# The module of this tree; tests of the wheel and the image run the installed script.
COMMAND = (sys.executable, "-m", "reader", "serve")


class Program:
    """A running reader, `on` this machine or another; `environ` replaces or adds settings."""

    def __init__(
        self, database_url: str, command: Sequence[str | Path] = COMMAND, on: Machine = HERE, **environ: str
    ) -> None:
        self.issuer = Issuer((), ORIGIN)
        self.port, self.metrics_port = free_port(), free_port()
        self._command, self._folder = command, TemporaryFolder("reader")
        self._server = Server("reader", self._folder, self._answers, on=on)
        self.host = on.address
        self.environ = {
            "DATABASE_URL": database_url,
            "AUDIT_READER_BIND": f"{self.host}:{self.port}",
            "AUDIT_READER_METRICS_BIND": f"{self.host}:{self.metrics_port}",
            "CLERK_ISSUER": ISSUER,
            "CLERK_AUTHORIZED_PARTIES": ORIGIN,
            "CLERK_JWKS_URL": self.issuer.jwks_url,
            "AUDIT_LOG_FORMAT": "json",
            **environ,
        }

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self._server.start(self._command, self.environ)

    def stop(self) -> int:
        """Ends it by SIGTERM; its exit code."""
        process = self._server._process
        assert process is not None
        self._server.stop()
        return process.returncode

    def close(self) -> None:
        """Ends it, and what belongs to it."""
        self._server.stop()
        self._folder.close()
        self.issuer.close()

    def token(self, person: Person = ADMIN, **claims: Any) -> str:
        """A session token that this reader takes."""
        return self.issuer.token(person, **{"iss": ISSUER, **claims})

    def get(self, path: str, person: Person | None = ADMIN) -> httpx.Response:
        """A GET on a connection of its own."""
        headers = {"Authorization": f"Bearer {self.token(person)}"} if person else {}
        return httpx.get(
            f"http://{self.host}:{self.port}{path}", headers=headers, timeout=30, verify=NO_TLS, trust_env=False
        )

    def metrics(self) -> str:
        """What Prometheus gets."""
        return httpx.get(
            f"http://{self.host}:{self.metrics_port}/metrics", timeout=30, verify=NO_TLS, trust_env=False
        ).text

    def figure(self, sample: str) -> float:
        """The value of one sample, by its name with its labels; 0 where it is not there."""
        match = re.search(rf"^{re.escape(sample)} (.+)$", self.metrics(), re.MULTILINE)
        return float(match[1]) if match else 0.0

    @property
    def log(self) -> str:
        """All that it has said."""
        return self._server.log.read_text()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._server.pid is not None
        return self._server.pid

    def _answers(self) -> bool:
        try:
            return self.get("/healthz", None).status_code == 200
        except httpx.TransportError:
            return False
