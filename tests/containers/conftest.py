"""What the tests of this folder need: an engine and images, which `make containers` provides."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient  # type: ignore[import-untyped]

from tests.containers.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the launcher there is no image to test."""
    if os.environ.get("AUDIT_CONTAINERS"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs a Docker engine and images: make containers"))


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerClient]:
    """The engine's client."""
    client = DockerClient(base_url=os.environ["DOCKER_HOST"], timeout=60)
    yield client
    client.close()


@pytest.fixture(scope="session")
def image() -> str:
    """The application's image."""
    return os.environ["AUDIT_IMAGE"]


@pytest.fixture(scope="module")
def stack(engine: DockerClient) -> Iterator[Stack]:
    """compose.yaml, up and healthy."""
    with Stack(engine) as running:
        yield running
