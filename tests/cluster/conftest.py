"""What the tests of this folder stand on: programs that `make containers` has built."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from sandbox.services.process import SandboxError
from tests.cluster import programs
from tests.cluster.programs import Programs
from tests.cluster.release import Release
from tests.cluster.server import ApiServer

NAMES = (f"release-{number}" for number in count())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Building takes minutes, so it has to be asked for."""
    if os.environ.get("AUDIT_CONTAINERS"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs a Kubernetes API server: make containers"))


@pytest.fixture(scope="session")
def built() -> Programs:
    """The programs, or why they cannot be had here."""
    try:
        return programs.provide()
    except SandboxError as error:
        pytest.skip(f"no Kubernetes API server: {' '.join(str(error).split())}")


@pytest.fixture(scope="session")
def server(built: Programs) -> Iterator[ApiServer]:
    """One server for the session, which knows the kinds of KEDA and of the Prometheus operator."""
    with ApiServer(built) as started:
        started.define()
        yield started


@pytest.fixture
def release(server: ApiServer, built: Programs, tmp_path: Path) -> Release:
    """In a namespace of the test's own."""
    return Release(server, built.helm, next(NAMES), tmp_path)


Refusal = Callable[[dict[str, object]], str | None]


@pytest.fixture(scope="module")
def refusal(server: ApiServer) -> Refusal:
    """What the server says against a manifest, in a namespace that enforces the standard `restricted`."""
    name = next(NAMES)
    server.namespace(name)
    return lambda manifest: server.refusal(manifest, name)
