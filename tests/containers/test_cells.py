"""deploy/compose.cells.yaml end to end, by the steps of docs/deployment.md: two databases share the workspaces, and each record has one."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition
from docker import DockerClient  # type: ignore[import-untyped]

from catalog.cells import parse_cell
from sandbox.services.process import wait_until
from tests.builders import ONE_OF_EACH, WORKSPACE
from tests.containers.stack import Stack
from tests.containers.test_compose import ADMIN, LIMIT, fourteen, send

CELLS = {"operator": "1/2", "operator-2": "2/2"}
SUFFIXES = {name.removeprefix("operator"): cell for name, cell in CELLS.items()}
DATABASES = [f"postgresql://audit_operations@{host}/audit" for host in ("postgres", "postgres-2")]
WORKSPACES = [f"{WORKSPACE}{number}" for number in range(6)]
RUN = ("run", "--rm", "--no-TTY")


@pytest.fixture(scope="module")
def stack(engine: DockerClient) -> Iterator[Stack]:
    """Each database has been told its cell, and then everything is up."""
    running = Stack(engine, "compose.cells.yaml")
    try:
        for operator, cell in CELLS.items():
            running.compose(
                *RUN, operator, "audit-consumer", "cells", "set", cell, "--reason", "two cells from the start"
            )
        running.up()
        yield running
    finally:
        running.close()


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


def test_each_cell_seals_its_own_log_and_is_scraped_as_a_job_of_its_own(stack: Stack, tmp_path: Path) -> None:
    """Each workspace is shown as sealed, by its cell's log, whose check finds nothing; each topic has its log's checkpoints alone."""
    names = {suffix: f"audit.example.com/cell-{number}-of-2" for number, suffix in enumerate(("", "-2"), 1)}
    for (suffix, name), setting in zip(names.items(), ("AUDIT_SEALING", "AUDIT_SEALING_2"), strict=True):
        stack.seal_in(setting, tmp_path / f"sealing{suffix}", name)
    stack.up("sealer", "sealer-2", "check", "check-2", "prometheus")

    for workspace in WORKSPACES:
        admin = ADMIN._replace(workspace_id=workspace)
        reads = partial(stack.read, "/v1/audit-checkpoint", admin)
        assert wait_until(partial(_answers, reads), LIMIT, pause=0.2)
        (suffix,) = [suffix for suffix, cell in SUFFIXES.items() if parse_cell(cell).share.has(workspace.encode())]
        assert reads().text.startswith(f"{names[suffix]}/log\n")
        assert stack.read("/v1/audit-events", admin).json()["sealed_through"] is not None
    jobs = {f"audit-{name}{suffix}" for name in ("consumer", "sealer") for suffix in names} | {
        "audit-reader",
        "prometheus",
    }
    assert wait_until(lambda: stack.targets() == dict.fromkeys(jobs, "up"), LIMIT, pause=0.2), stack.targets()
    expressions = [f'max(auditlog_check_exit_code{{job="audit-sealer{suffix}"}}) == 0' for suffix in names]
    for query in expressions:
        assert wait_until(partial(_has_samples, stack, query), LIMIT, pause=0.5), query
    for suffix, name in names.items():
        assert keys_of(stack, f"callmine.audit.checkpoints{suffix}") == {f"{name}/log"}


def keys_of(stack: Stack, topic: str) -> set[str]:
    """The keys of a topic's records; it has at least one."""
    config = {"bootstrap.servers": stack.at("AUDIT_KAFKA_PORT"), "group.id": "test", "enable.auto.commit": False}
    reading = Consumer(config)
    try:
        assert len(reading.list_topics(topic, timeout=30).topics[topic].partitions) == 1
        reading.assign([TopicPartition(topic, 0, 0)])
        end = reading.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)[1]
        messages = [message for message in reading.consume(end, LIMIT) if message.error() is None]
        assert messages
        return {(message.key() or b"").decode() for message in messages}
    finally:
        reading.close()


def _has(reads: Callable[[], httpx.Response], number: int) -> bool:
    return bool(reads().json().get("total") == number)


def _answers(reads: Callable[[], httpx.Response]) -> bool:
    return reads().status_code == 200


def _has_samples(stack: Stack, query: str) -> bool:
    return bool(stack.prometheus("query", query=query)["result"])
