"""The Dockerfile without an engine: its linter, what is let into it, what it installs, and its healthcheck."""

import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.services.ports import free_port

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
HEALTHCHECK = ROOT / "deploy" / "healthcheck.py"
STANDINS = sorted((ROOT / "tests" / "containers" / "standins").glob("*.Dockerfile"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def lint(text: str) -> tuple[int, str]:
    """What hadolint says of a Dockerfile."""
    program = Path(sys.executable).with_name("hadolint")
    process = subprocess.run([program, "--no-color", "-"], check=False, input=text, capture_output=True, text=True)
    return process.returncode, process.stdout


def pinned(name: str) -> dict[str, str]:
    """The requirements of a file with their hashes, by their names."""
    text = (ROOT / "requirements" / name).read_text()
    return {
        match[1]: match[0].strip()
        for match in re.finditer(r"^([a-z0-9-]+)==.*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
    }


@contextmanager
def program(status: int) -> Iterator[int]:
    """The port of a program whose /healthz has this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def healthy(consumer: int | None, reader: int | None) -> bool:
    """What the healthcheck says where these ports are set."""
    ports = {"AUDIT_METRICS_BIND": consumer, "AUDIT_READER_BIND": reader}
    environ = {name: f"0.0.0.0:{port}" for name, port in ports.items() if port}
    proxy = {"http_proxy": f"http://127.0.0.1:{free_port()}"}
    process = subprocess.run([sys.executable, "-I", HEALTHCHECK], check=False, env={**os.environ, **proxy, **environ})
    return process.returncode == 0


@pytest.mark.parametrize("path", [DOCKERFILE, *STANDINS], ids=lambda path: path.name)
def test_hadolint_finds_nothing(path: Path) -> None:
    """Nothing at all, not even a matter of style."""
    assert lint(path.read_text()) == (0, "")


def test_hadolint_would_find_something() -> None:
    """An image without a tag, a cd, and a package without a version are seen."""
    code, said = lint("FROM debian\nRUN cd /tmp && apt-get install curl\n")

    assert code == 1
    assert {"DL3006", "DL3003", "DL3008"} <= set(re.findall(r"DL\d+", said))


def test_only_the_programs_are_let_in() -> None:
    """.dockerignore opens for the packages of the wheel, and for nothing that is not there."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    opened = {line.removeprefix("!") for line in lines if line.startswith("!")}
    packages = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

    assert lines[1] == "*"
    assert {path for path in opened if (ROOT / path).is_dir()} == packages
    assert [path for path in opened if not (ROOT / path).exists()] == []


def test_everything_installed_is_pinned_with_its_hash() -> None:
    """Both installations ask for hashes; the build backend's file says what requirements/dev.txt says of the same."""
    text = DOCKERFILE.read_text()
    build, dev = pinned("build.txt"), pinned("dev.txt")

    assert re.findall(r"-r requirements/(\S+)", text) == ["build.txt", "runtime.txt"]
    assert len(re.findall(r"--require-hashes --only-binary :all: -r", text)) == 2
    assert build and build.items() <= dev.items()
    assert all("--hash=sha256:" in pin for pin in build.values())
    assert {pin.partition("==")[0] for pin in PROJECT["build-system"]["requires"]} <= build.keys()


def test_the_label_has_the_projects_version() -> None:
    """One version, in two places that agree."""
    (version,) = re.findall(r"^ARG VERSION=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)

    assert version == PROJECT["project"]["version"]


def test_the_healthcheck_says_what_the_running_program_says() -> None:
    """200 is well and 503 is not, for whichever program listens, whatever proxy the environment names."""
    with program(200) as well, program(503) as unwell:
        assert healthy(well, None)
        assert healthy(free_port(), well)
        assert not healthy(unwell, well)
        assert not healthy(free_port(), unwell)


def test_the_healthcheck_is_not_content_with_nobody() -> None:
    """Where no program listens, or no port is set, nothing is well."""
    assert not healthy(free_port(), free_port())
    assert not healthy(None, None)


def test_the_healthcheck_does_not_wait_for_ever() -> None:
    """A program that takes the call and says nothing is not well."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as silent:  # nobody serves it: the call stays unanswered
        assert not healthy(silent.server_port, None)
