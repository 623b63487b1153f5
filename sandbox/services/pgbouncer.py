"""A real PgBouncer (Debian's package) before a PostgreSQL."""

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import psycopg

from sandbox.services.ports import free_port
from sandbox.services.postgres import SUPERUSER, UNPRIVILEGED, PostgresServer
from sandbox.services.process import SandboxError, Server
from sandbox.services.service import Service
from sandbox.services.temporary_folder import TemporaryFolder

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin") or ""


class PgBouncer(Service):
    """Whoever connects to its `port` is in the server's database of that name; in session mode unless told otherwise."""

    def __init__(
        self, postgres: PostgresServer, mode: str = "session", settings: Mapping[str, object] | None = None
    ) -> None:
        if not PROGRAM:
            raise SandboxError("PgBouncer is not installed: apt-get install pgbouncer")
        self.port = free_port()
        self._url = postgres.url().replace(f":{postgres.port}/", f":{self.port}/")
        self._folder = TemporaryFolder("pgbouncer")
        self._server = Server("pgbouncer", self._folder, self._answers, UNPRIVILEGED if os.geteuid() == 0 else None)
        users, self._config = self._folder.path / "users.txt", self._folder.path / "pgbouncer.ini"
        users.write_text(f'"{SUPERUSER}" "{postgres.password}"\n')
        lines = {
            "listen_addr": "127.0.0.1", "listen_port": self.port, "unix_socket_dir": "", "auth_type": "scram-sha-256",
            "auth_file": users, "pool_mode": mode, "logfile": "", "ignore_startup_parameters": "extra_float_digits",
            **(settings or {}),
        }  # fmt: skip
        self._config.write_text(
            f"[databases]\n* = host=127.0.0.1 port={postgres.port}\n[pgbouncer]\n"
            + "".join(f"{name} = {value}\n" for name, value in lines.items())
        )

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self._server.start([Path(PROGRAM), self._config])

    def stop(self) -> None:
        """Ends it in order."""
        self._server.stop()

    def kill(self) -> None:
        """SIGKILL."""
        self._server.kill()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends it and removes its folder."""
        self.kill()
        self._folder.close()

    def _signal(self, number: signal.Signals) -> None:
        assert self._server.pid is not None
        os.kill(self._server.pid, number)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
