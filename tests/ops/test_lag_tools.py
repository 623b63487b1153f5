"""Kafka's own kafka-consumer-groups.sh: the lag that it shows of our group is true, on every partition."""

import pytest

from sandbox.services.kafka import LocalKafka
from sandbox.services.service import KafkaBroker
from tests.builders import events
from tests.e2e.world import World

TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
PARTITIONS = 3


def shown(kafka: LocalKafka, world: World) -> dict[tuple[str, int], tuple[int, int, int]]:
    """By topic and partition: CURRENT-OFFSET, LOG-END-OFFSET and LAG, as the tool's columns have them."""
    text = kafka.tool(TOOL, "--bootstrap-server", world.bootstrap, "--describe", "--group", world.group, "--offsets")
    lines = [line.split() for line in text.splitlines()]  # among them what Java logs
    (head,) = [line for line in lines if line[:2] == ["GROUP", "TOPIC"]]
    rows = [dict(zip(head, line, strict=False)) for line in lines if line[:1] == [world.group]]
    return {
        (row["TOPIC"], int(row["PARTITION"])): (
            int(row["CURRENT-OFFSET"]), int(row["LOG-END-OFFSET"]), int(row["LAG"]),
        )
        for row in rows
        if row["CURRENT-OFFSET"] != "-"
    }  # fmt: skip


def test_the_tool_shows_the_true_lag_of_every_partition(world: World, kafka: KafkaBroker) -> None:
    """While it reads, when it has read everything, and when it is stopped and more comes; also where nothing was ever sent."""
    if not isinstance(kafka, LocalKafka):
        pytest.skip("the tool's classes are those of the local broker")
    topic, empty = world.topic(PARTITIONS), world.topic()
    for number in range(PARTITIONS):
        world.send(topic, events(10 * (number + 1)), partition=number)
    consumer = world.consumer()
    world.until_read(consumer)
    keys = {(topic, number) for number in range(PARTITIONS)} | {(empty, 0)}
    world.until(lambda: shown(kafka, world).keys() == keys, "each partition is listed", of=[consumer])
    truth = {(topic, number): (10 * (number + 1), 10 * (number + 1), 0) for number in range(PARTITIONS)}
    assert {key: row for key, row in shown(kafka, world).items() if key[0] == topic} == truth
    assert consumer.stop() == 0
    for number in range(PARTITIONS):
        world.send(topic, events(number + 1), partition=number)
    ends, progress = world.ends(), world.progress()
    stopped = shown(kafka, world)
    for key, (current, end, lag) in stopped.items():
        assert (current, end, lag) == (
            progress[key]["next_offset"],
            ends[key],
            ends[key] - progress[key]["next_offset"],
        )
    assert {lag for key, (*_, lag) in stopped.items() if key[0] == topic} == {1, 2, 3}
    assert stopped[empty, 0][2] == 0
