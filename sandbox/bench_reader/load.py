"""Requests per second at 32 connections, of the reader and of a bare endpoint in turn."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from statistics import median

import psycopg

from sandbox.bench_reader.entries import WORKSPACE
from sandbox.services.issuer import Issuer, Person
from sandbox.services.ports import free_port, listens
from sandbox.services.process import SandboxError, Server
from sandbox.services.temporary_folder import TemporaryFolder

CONNECTIONS, SECONDS = 32, 10


def requests_per_second(url: str, say: Callable[[str], None]) -> tuple[float, float]:
    """Of the first page of the API, and of a bare endpoint that fetches one row; medians of three."""
    port, bare_port = free_port(), free_port()
    issuer = Issuer((), f"http://127.0.0.1:{port}")
    token = issuer.token(Person("Dana", "user_2dana", WORKSPACE, "big", "admin"))
    with psycopg.connect(url) as connection:
        row = connection.execute("select max(id) from audit_event where workspace_id = %s", (WORKSPACE,)).fetchone()
    assert row is not None
    environ = {**os.environ, "DATABASE_URL": url}
    with TemporaryFolder("bench-reader") as folder:
        reader = Server("reader", folder, lambda: listens(port))
        bare = Server("bare", folder, lambda: listens(bare_port))
        try:
            reader.start(
                [sys.executable, "-m", "sandbox.services.reading", "--issuer", issuer.url, "--port", str(port)], environ
            )
            bare.start(
                [sys.executable, "-m", "sandbox.bench_reader.bare", "--port", str(bare_port), "--id", str(row[0])],
                environ,
            )
            ours, theirs = [], []
            _load(f"http://127.0.0.1:{port}/v1/audit-events", token, connections=1, seconds=2)  # reads the list
            for _ in range(3):
                ours.append(_load(f"http://127.0.0.1:{port}/v1/audit-events", token))
                theirs.append(_load(f"http://127.0.0.1:{bare_port}/", token))
                say(f"{ours[-1]:.0f} requests a second, bare {theirs[-1]:.0f}")
            return median(ours), median(theirs)
        finally:
            reader.stop()
            bare.stop()
            issuer.close()


def _load(url: str, token: str, connections: int = CONNECTIONS, seconds: int = SECONDS) -> float:
    program = shutil.which("wrk")
    if program is None:
        raise SandboxError("wrk is not there, the load generator: apt-get install wrk")
    command = [program, "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Authorization: Bearer {token}", url]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert rate is not None, out
    return float(rate[1])
