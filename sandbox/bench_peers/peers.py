"""The peers, and how each is got ready: an environment of their own in the user's cache, with pinned packages; a built program; jars."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from sandbox.bench_peers.ready import OBJECTS, ROWS
from sandbox.services import kafka, maven
from sandbox.services.java import java
from sandbox.services.process import SandboxError

HERE = Path(__file__).parent
REQUIREMENTS = HERE.parents[1] / "requirements" / "peers.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callmine-audit"
QUIX, GO, KAFKA_CONNECT = "Quix Streams", "Go: franz-go, pgx with COPY", "Kafka Connect, Debezium's sink"
PYTHON = {
    "executemany": "psycopg's executemany",
    "arroyo": "sentry-arroyo with COPY",
    "quix": QUIX,
}
DEBEZIUM = "3.6.0.Final"
CONNECT = (
    f"org.apache.kafka:connect-runtime:{kafka.VERSION}",
    f"io.debezium:debezium-connector-jdbc:{DEBEZIUM}",
    # The name in Debezium's own list is an older name of this package, and not every index has it.
    "org.hibernate.orm:hibernate-agroal:7.2.0.Final",
    kafka.LOGGING,
)
NOT_FOR_CONNECT = ("org.hibernate:hibernate-agroal",)


class Peer(NamedTuple):
    """A program that ours is compared with; `missing` says why it is not available here, and then there is no command."""

    name: str
    command: tuple[str, ...]
    missing: str | None = None
    topic: str = ROWS


def peers() -> list[Peer]:
    """All of them, got ready; nothing is raised for one that cannot be had."""
    return [*_in_python(), _in_go(), _in_connect()]


def _in_python() -> list[Peer]:
    folder = CACHE / f"peers-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]}"
    python = folder / "bin" / "python"
    missing = None
    # The list is whole, and pip refuses an extra of a package that it pins by its plain name.
    if not (folder / "ready").exists():
        missing = _run(sys.executable, "-m", "venv", "--clear", str(folder)) or _run(
            str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(REQUIREMENTS)
        )  # fmt: skip
        if missing is None:
            (folder / "ready").touch()
    return [
        Peer(title, (str(python), "-m", f"sandbox.bench_peers.programs.{name}"), missing)
        for name, title in PYTHON.items()
    ]


def _in_go() -> Peer:
    program = CACHE / "peer-go"
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        return Peer(GO, (), "there is no go on the PATH")
    CACHE.mkdir(parents=True, exist_ok=True)
    return Peer(GO, (str(program),), _run(go, "build", "-C", str(HERE / "go"), "-o", str(program), "."))


def _in_connect() -> Peer:
    try:
        jars = maven.jars(f"connect-{kafka.VERSION}-debezium-{DEBEZIUM}", CONNECT, os.environ, NOT_FOR_CONNECT)
    except SandboxError as error:
        return Peer(KAFKA_CONNECT, (), " ".join(str(error).split())[:200])
    program = (sys.executable, "-m", "sandbox.bench_peers.programs.connect")
    return Peer(KAFKA_CONNECT, (*program, str(java(os.environ)), f"{jars}/*"), topic=OBJECTS)


def _run(*command: str) -> str | None:
    """Runs a command; what went wrong, in one line."""
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if process.returncode == 0 else " ".join(process.stderr.split())[-200:]
