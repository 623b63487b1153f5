"""What a broker's disk lost or damaged: the end of a log, by an unclean election, and bytes within a segment that is closed."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import ElectionType, TopicPartition
from confluent_kafka.admin._metadata import PartitionMetadata

from sandbox.services.process import wait_until
from tests.builders import events
from tests.e2e.world import operate
from tests.faults.catalog.broker import REASSIGN
from tests.faults.catalog.logs import GAP, REASON, accept, halted
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import Fault
from tests.faults.services import cluster

KEPT, LOST = 20, 10


@contextmanager
def _damaged(experiment: Experiment) -> Iterator[None]:
    """Each part is a segment of its own; the second one's bytes are changed where they lie, under the broker."""
    world, topic = experiment.world, experiment.other
    world.configure(topic, segment_ms="1")
    assert experiment.consumer.stop() == 0
    lost = events(LOST)
    for part in (events(KEPT), lost, events(KEPT)):
        world.send(topic, part)
        _until_later(0.01)  # a segment ends when a record is more than segment.ms younger than its first one
    _flip(experiment.services.kafka.log_dir / f"{topic}-0" / f"{KEPT:020}.log")
    experiment.start()
    halted(experiment, "damaged_log")
    yield
    operate(world, "gaps", "state", topic, "0", "--to-offset", str(KEPT + LOST), *REASON)
    world.lose(lost)


def _until_later(seconds: float) -> None:
    since = time.time()
    assert wait_until(lambda: time.time() > since + seconds, LIMIT, 0.001)


def _flip(segment: Path) -> None:
    """One byte of each hundred of its records; the head of a batch is 61 bytes."""
    with segment.open("r+b") as file:
        content = file.read()
        for at in range(80, len(content), 100):
            file.seek(at)
            file.write(bytes([content[at] ^ 0xFF]))


@contextmanager
def _unclean_election(experiment: Experiment) -> Iterator[None]:
    """What the new leader never had has been read: it stays in the table. The operator lets the partition go back to the log's end."""
    world, topic = experiment.world, experiment.other
    assert experiment.services.cluster is not None
    first, second, _ = numbers = list(experiment.services.cluster.brokers)
    leader, follower = (experiment.services.cluster.brokers[number] for number in numbers[:2])
    _keep_on(experiment, [first, second])
    world.configure(topic, unclean_leader_election_enable="true", min_insync_replicas="1")
    world.send(topic, events(KEPT))
    follower.stop()
    world.send(topic, events(LOST), producer=world.producer(enable_idempotence="false", acks=1))
    experiment.until(lambda: world.progress()[topic, 0]["next_offset"] == KEPT + LOST, "it is read")
    leader.kill()
    follower.start()
    _elect(experiment, second)
    halted(experiment, "gap")
    assert world.ends()[topic, 0] == KEPT, "the follower's log is as long as the leader's"
    leader.start()
    assert wait_until(lambda: set(_partition(experiment).isrs) == {first, second}, LIMIT), (
        "the old leader does not follow"
    )
    world.send(topic, events(KEPT), producer=world.producer())
    yield
    accept(experiment)


def _keep_on(experiment: Experiment, replicas: list[int]) -> None:
    """Has `other` on these brokers only, the first of which leads it."""
    plan = {"version": 1, "partitions": [{"topic": experiment.other, "partition": 0, "replicas": replicas}]}
    file = experiment.folder / "replicas.json"
    file.write_text(json.dumps(plan))
    where = ("--bootstrap-server", experiment.services.bootstrap, "--reassignment-json-file", str(file))
    experiment.services.kafka.tool(REASSIGN, *where, "--execute")
    _elect(experiment, replicas[0], ElectionType.PREFERRED)
    assert wait_until(lambda: sorted(_partition(experiment).isrs) == replicas, LIMIT), "it is not moved"


def _elect(experiment: Experiment, number: int, how: ElectionType = ElectionType.UNCLEAN) -> None:
    """Asks for this leader until it leads `other`."""
    where = TopicPartition(experiment.other, 0)

    def leads() -> bool:
        if _partition(experiment).leader != number:
            experiment.world.admin.elect_leaders(how, [where]).exception()
        return _partition(experiment).leader == number

    assert wait_until(leads, LIMIT, 0.5), f"broker {number} does not lead"


def _partition(experiment: Experiment) -> PartitionMetadata:
    return experiment.world.partitions(experiment.other)[0]


FAULTS = (
    Fault(
        name="damaged segment",
        how="bytes flipped in a closed segment on the broker's disk; the range is passed by `gaps state`",
        inject=_damaged,
        alerts=frozenset({"AuditPartitionHalted"}),
        mixes=False,
    ),
    Fault(
        name="unclean election",
        how="three brokers; a follower that missed records, which had been read, is made leader; the gap is accepted",
        inject=_unclean_election,
        alerts=GAP,
        where=cluster,
        mixes=False,
    ),
)
