"""deploy/compose.cells.yaml end to end, by the steps of docs/deployment.md: two databases share the workspaces, and each record has one."""

from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest
from docker import DockerClient  # type: ignore[import-untyped]

from catalog.cells import parse_cell
from sandbox.services.process import wait_until
from tests.builders import ONE_OF_EACH, WORKSPACE
from tests.containers.stack import Stack
from tests.containers.test_compose import ADMIN, LIMIT, fourteen, send

CELLS = {"operator": "1/2", "operator-2": "2/2"}
DATABASES = [f"postgresql://audit_operations@{host}/audit" for host in ("postgres", "postgres-2")]
WORKSPACES = [f"{WORKSPACE}{number}" for number in range(6)]
RUN = ("run", "--rm", "--no-TTY")


@pytest.fixture(scope="module")
def stack(engine: DockerClient) -> Iterator[Stack]:
    """Each database has been told its cell, and then everything is up."""
    made = Stack(engine, "compose.cells.yaml")
    try:
        for operator, cell in CELLS.items():
            made.compose(*RUN, operator, "audit-consumer", "cells", "set", cell, "--reason", "two cells from the start")
        made.up()
        yield made
    finally:
        made.close()


def test_each_workspace_is_read_from_its_cell(stack: Stack) -> None:
    """The reader has each workspace's entries once, and all cells together have taken each offset once."""
    halves = [[name for name in WORKSPACES if parse_cell(cell).share.has(name.encode())] for cell in CELLS.values()]
    assert all(halves)
    for name in WORKSPACES:
        send(stack, fourteen(workspace=name))
    for name in WORKSPACES:
        reads = partial(stack.read, "/v1/audit-events", ADMIN._replace(workspace_id=name))
        assert wait_until(partial(_has, reads, len(ONE_OF_EACH)), LIMIT, pause=0.2), name

    def checked() -> bool:
        check = (*RUN, "operator", "audit-consumer", "cells", "check", *DATABASES)
        return stack.compose(*check, check=False).returncode == 0

    assert wait_until(checked, LIMIT, pause=1)


def _has(reads: Callable[[], httpx.Response], number: int) -> bool:
    return bool(reads().json().get("total") == number)
