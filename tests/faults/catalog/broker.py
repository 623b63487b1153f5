"""Kafka's brokers: stopped, killed, frozen, full; and, of several, the one that matters."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sandbox.services.freezing import frozen
from sandbox.services.kafka import LocalKafka
from sandbox.services.process import wait_until
from tests.faults.catalog.needs import root
from tests.faults.experiment import LIMIT, PARTITIONS, Experiment
from tests.faults.fault import FROZEN_SECONDS, Fault
from tests.faults.services import broker_on_a_small_disk, cluster
from tests.ops.load import flows

ALERTS = frozenset({"AuditKafkaTrouble"})
OFFSETS = "__consumer_offsets"
REASSIGN = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"


def _down(how: Callable[[LocalKafka], None]) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        how(experiment.services.kafka)
        yield
        experiment.services.kafka.start()

    return inject


@contextmanager
def _frozen(experiment: Experiment) -> Iterator[None]:
    pid = experiment.services.kafka.pid
    assert pid is not None
    with frozen(pid):
        yield


@contextmanager
def _forgotten(experiment: Experiment) -> Iterator[None]:
    """Answers without any broker make the client forget those that it knows; with this setting it never looks for others."""
    kafka = experiment.services.kafka
    kafka.unregister()
    yield
    kafka.kill()
    kafka.start()


@contextmanager
def _full(experiment: Experiment) -> Iterator[None]:
    """A broker whose only disk is full ends; it is started again when there is room."""
    disk, kafka = experiment.services.disk, experiment.services.kafka
    assert disk is not None
    disk.fill()
    assert wait_until(lambda: kafka.pid is None, LIMIT), "the broker goes on"
    yield
    disk.free()
    kafka.start()


def _one_down(which: Callable[[Experiment], int]) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        broker = _brokers(experiment)[which(experiment)]
        broker.kill()
        yield
        broker.start()

    return inject


@contextmanager
def _one_after_the_other(experiment: Experiment) -> Iterator[None]:
    for broker in _brokers(experiment).values():
        broker.restart()
    yield


@contextmanager
def _killed_one_after_the_other(experiment: Experiment) -> Iterator[None]:
    """The next one once each partition is on all brokers again. While one is away, records are read."""
    brokers = _brokers(experiment)
    for number, broker in brokers.items():
        broker.kill()
        experiment.until(lambda gone=number: _in_sync(experiment) == brokers.keys() - {gone}, "it is missed")  # type: ignore[misc]
        flows(experiment.world, experiment.consumer)
        broker.start()
        experiment.until(lambda: _in_sync(experiment) == brokers.keys(), "it is in sync")
    yield


def _in_sync(experiment: Experiment) -> set[int]:
    """The brokers that have all of each partition."""
    topics = (experiment.topic, experiment.other, OFFSETS)
    return set.intersection(*(set(at.isrs) for topic in topics for at in experiment.world.partitions(topic).values()))


@contextmanager
def _reassigned(experiment: Experiment) -> Iterator[None]:
    """Each partition is led, and kept first, by the next broker."""
    numbers = list(_brokers(experiment))
    plan = [
        {"topic": experiment.topic, "partition": at, "replicas": numbers[at % 3 :] + numbers[: at % 3]}
        for at in range(PARTITIONS)
    ]
    file = experiment.folder / "reassignment.json"
    file.write_text(json.dumps({"version": 1, "partitions": plan}))
    where = ("--bootstrap-server", experiment.services.bootstrap, "--reassignment-json-file", str(file))
    experiment.services.kafka.tool(REASSIGN, *where, "--execute")
    yield


def _brokers(experiment: Experiment) -> dict[int, LocalKafka]:
    assert experiment.services.cluster is not None
    return experiment.services.cluster.brokers


def _leader(experiment: Experiment) -> int:
    return _leader_of(experiment, experiment.topic)


def _coordinator(experiment: Experiment) -> int:
    """The leader of the only partition that keeps groups: asked for the group itself, the admin client crashes here."""
    return _leader_of(experiment, OFFSETS)


def _leader_of(experiment: Experiment, topic: str) -> int:
    return int(experiment.world.partitions(topic)[0].leader)


FAULTS = (
    Fault(
        name="broker stopped",
        how="SIGTERM; started again later",
        inject=_down(LocalKafka.stop),
        alerts=ALERTS,
    ),
    Fault(name="broker killed", how="SIGKILL; started again later", inject=_down(LocalKafka.kill), alerts=ALERTS),
    Fault(
        name="broker frozen",
        how="SIGSTOP for longer than the client waits for an answer, then SIGCONT",
        inject=_frozen,
        alerts=ALERTS,
        seconds=FROZEN_SECONDS,
    ),
    Fault(
        name="brokers forgotten",
        how="kafka-cluster.sh unregister, until the broker is started again; metadata.recovery.strategy=none",
        inject=_forgotten,
        alerts=ALERTS,
        mixes=False,
        environ={"KAFKA_CONFIG_METADATA_RECOVERY_STRATEGY": "none"},
    ),
    Fault(
        name="broker's disk full",
        how="tmpfs filled to the last byte; freed, and the broker started",
        inject=_full,
        alerts=ALERTS,
        where=broker_on_a_small_disk,
        mixes=False,
        needs=root,
    ),
    Fault(
        name="leader killed",
        how="three brokers; SIGKILL to the leader of a partition",
        inject=_one_down(_leader),
        where=cluster,
        mixes=False,
    ),
    Fault(
        name="coordinator killed",
        how="three brokers; SIGKILL to the group's coordinator",
        inject=_one_down(_coordinator),
        where=cluster,
        mixes=False,
    ),
    Fault(
        name="brokers restarted in turn",
        how="three brokers; each is stopped and started",
        inject=_one_after_the_other,
        where=cluster,
        mixes=False,
    ),
    Fault(
        name="brokers killed in turn",
        how="three brokers; SIGKILL to each, started again; the next one once all are in sync",
        inject=_killed_one_after_the_other,
        where=cluster,
        mixes=False,
    ),
    Fault(
        name="partitions reassigned",
        how="three brokers; kafka-reassign-partitions.sh gives each partition another leader",
        inject=_reassigned,
        where=cluster,
        mixes=False,
    ),
)
