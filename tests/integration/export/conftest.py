"""The world of a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.export.world import World


@pytest.fixture
def sealed_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A migrated database of the test's own, an empty folder, keys and a policy."""
    with World(database_url, tmp_path) as world:
        yield world
