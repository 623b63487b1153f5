"""`make containers`: the last tier. An engine, the images, the tests of this folder on them, and nothing left of it.

The engine is the one that answers here (DOCKER_HOST, or the usual socket); else one of our own, as root on Debian, which
is installed by apt where it is missing. Where neither can be had, that is said, and nothing fails.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from docker import DockerClient  # type: ignore[import-untyped]

from sandbox.scratch import Scratch
from tests.containers.engine import USUAL, Engine, Impossible, answers, require
from tests.containers.images import provide

# Broker faults and outcomes on a broker in a container; the rest of tests/e2e asks nothing more of a broker.
BROKER_TESTS = ("tests/e2e/test_outcomes.py", "tests/e2e/test_kafka_faults.py")


def main(arguments: Sequence[str]) -> int:
    """Runs the tier; pytest's exit code, 0 where it cannot run here."""
    theirs = os.environ.get("DOCKER_HOST", USUAL)
    try:
        if answers(theirs):
            print(f"the Docker engine at {theirs} is used", flush=True)
            with Scratch("images") as scratch:
                client = DockerClient(base_url=theirs, timeout=600)
                images = _timed("images", provide, client, os.environ, scratch.path, None)
            return tests([], {**images, "DOCKER_HOST": theirs}, arguments)
        return _on_our_own(arguments)
    except Impossible as reason:
        print(f"skipped: the container tier cannot run here: {reason}", file=sys.stderr)
        return 0


def _on_our_own(arguments: Sequence[str]) -> int:
    require()
    print("no Docker engine answers; one of our own is started, in namespaces of its own", flush=True)
    with Scratch("engine") as scratch:
        engine = Engine(scratch)
        try:
            with engine.connected():
                client = DockerClient(base_url=engine.url, timeout=600)
                images = _timed("images", provide, client, os.environ, scratch.path, "host")
            with engine.isolated() as prefix:
                return tests(prefix, {**images, "DOCKER_HOST": engine.url}, arguments)
        finally:
            engine.close()


def tests(prefix: Sequence[str], environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Runs pytest with what it needs to know."""
    ryuk = {"TESTCONTAINERS_RYUK_DISABLED": "true"}
    command = [*prefix, sys.executable, "-m", "pytest", *(arguments or ("tests/containers", *BROKER_TESTS))]
    given = {**os.environ, **environ, **ryuk, "AUDIT_CONTAINERS": "1", "AUDIT_SANDBOX": "docker"}
    return subprocess.run(command, check=False, env=given).returncode


def _timed(what: str, do, *arguments):
    since = time.monotonic()
    done = do(*arguments)
    print(f"{what}: {time.monotonic() - since:.0f} s", flush=True)
    return done


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
