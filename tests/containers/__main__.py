"""`make containers`: the last tier. The chart on an API server; then an engine, the images, the tests on them, and nothing left of it.

The engine is the one that answers here (DOCKER_HOST, or the usual socket), else one of our own, as root on Debian. Where
neither can be had, that is said, and nothing fails.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from docker import DockerClient  # type: ignore[import-untyped]

from sandbox.services import guard
from sandbox.services.process import SandboxError
from sandbox.services.temporary_folder import TemporaryFolder
from tests.cluster import programs
from tests.containers.engine import USUAL, Engine, Impossible, answers, require
from tests.containers.images import provide
from tests.containers.machine import changes, machine_state

# The folder of these tests, and all that the end-to-end tests ask of a broker: what it stores, loses and forgets.
TESTS = ("tests/containers", "tests/e2e/test_outcomes.py", "tests/e2e/test_kafka_faults.py")
# What needs a Kubernetes API server and no engine.
CLUSTER = "tests/cluster"
# Ryuk is one more image to pull. Without it a test that is killed leaves its containers to `docker rm`.
WITHOUT_RYUK = {"TESTCONTAINERS_RYUK_DISABLED": "true"}


def main(arguments: Sequence[str]) -> int:
    """Runs the tier; pytest's exit code, 1 where something was left behind, 0 where it cannot run here."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return max(_chart(arguments), _containers(arguments))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1


def _chart(arguments: Sequence[str]) -> int:
    """The chart's tests, unless `arguments` name others."""
    if _chosen(arguments):
        return 0
    since = time.monotonic()
    try:
        programs.provide()
    except SandboxError as reason:
        print(f"skipped: the chart cannot be tested on an API server here: {reason}", file=sys.stderr)
        return 0
    print(f"kube-apiserver {programs.version()} and Helm are there after {time.monotonic() - since:.0f} s", flush=True)
    command = [sys.executable, "-m", "pytest", CLUSTER, *arguments]
    return subprocess.run(command, check=False, env={**os.environ, "AUDIT_CONTAINERS": "1"}).returncode


def _containers(arguments: Sequence[str]) -> int:
    theirs = os.environ.get("DOCKER_HOST", USUAL)
    try:
        return _on_theirs(theirs, arguments) if answers(theirs) else _on_our_own(arguments)
    except Impossible as reason:
        print(f"skipped: the container tier cannot run here: {reason}", file=sys.stderr)
        return 0


def _on_theirs(url: str, arguments: Sequence[str]) -> int:
    print(f"the Docker engine at {url} is used", flush=True)
    with TemporaryFolder("images") as folder:
        return _tests([], url, _images(url, folder.path, None), folder.path, arguments)


def _on_our_own(arguments: Sequence[str]) -> int:
    require()
    print("no Docker engine answers: one of our own is started, in namespaces of its own", flush=True)
    before = machine_state()
    with TemporaryFolder("engine") as folder, closing(Engine(folder)) as engine:
        with engine.connected():
            images = _images(engine.url, folder.path, "host")
        with engine.isolated() as prefix:
            code = _tests(prefix, engine.url, {**images, **WITHOUT_RYUK}, folder.path, arguments)
    left = changes(before, machine_state(), folder.path)
    print("\n".join(left) or "nothing of it is left on this machine", flush=True)
    return code or bool(left)


def _images(url: str, folder: Path, network: str | None) -> dict[str, str]:
    since = time.monotonic()
    with closing(DockerClient(base_url=url, timeout=600)) as client:
        images = provide(client, os.environ, folder, network)
    print(f"the images are there after {time.monotonic() - since:.0f} s", flush=True)
    return images


def _tests(prefix: Sequence[str], url: str, images: Mapping[str, str], folder: Path, arguments: Sequence[str]) -> int:
    """Runs pytest, on TESTS unless `arguments` name others."""
    chosen = [] if _chosen(arguments) else TESTS
    # Marked: should we be killed, the folder's guard ends it too.
    own = {"DOCKER_HOST": url, "AUDIT_SANDBOX": "docker", "AUDIT_CONTAINERS": "1", guard.MARK: str(folder)}
    command = [*prefix, sys.executable, "-m", "pytest", *chosen, *arguments]
    return subprocess.run(command, check=False, env={**os.environ, **images, **own}).returncode


def _chosen(arguments: Sequence[str]) -> bool:
    """Whether tests are named."""
    return any(not argument.startswith("-") for argument in arguments)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
