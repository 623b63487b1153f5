"""A connection to PostgreSQL that something in between has forgotten: it takes statements, and answers nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from export.tables.database import SORTING_SECONDS
from runtime.postgres import WATCHDOG_SECONDS
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from sandbox.services.tcp_proxy import TcpProxy
from tests.integration.export.world import World


@pytest.fixture
def link(postgres: PostgresServer) -> Iterator[TcpProxy]:
    with TcpProxy(postgres.port) as proxy:
        yield proxy


def test_a_sealer_between_two_seals_notices(sealed_world: World, postgres: PostgresServer, link: TcpProxy) -> None:
    """After as long as a consumer waits for an answer, not as long as a first sealing may take; then it seals on."""
    world = sealed_world
    checkpoint: Path = world.folder / "checkpoint"
    world.record()
    through = world.url.replace(f":{postgres.port}/", f":{link.port}/")
    process = world.start(DATABASE_URL=through, AUDIT_SEAL_EVERY="5")
    assert wait_until(checkpoint.exists, 30)
    link.forget(server_notices=WATCHDOG_SECONDS)
    world.record()
    before = checkpoint.read_bytes()
    assert wait_until(lambda: checkpoint.read_bytes() != before, 3 * WATCHDOG_SECONDS) and SORTING_SECONDS > 1000
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
