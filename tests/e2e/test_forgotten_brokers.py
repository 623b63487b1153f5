"""Clients that have forgotten every broker, as librdkafka's do after an answer that lists none."""

from pathlib import Path

import pytest

from consumer.kafka.consumer import GroupConsumer
from consumer.kafka.polled import Passed
from consumer.kafka.rebalance import RebalanceCallbacks
from consumer.kafka.topic_faults import TopicFaults
from consumer.retries import uncounted
from sandbox.services.kafka import LocalKafka
from sandbox.services.process import wait_until
from tests.builders import events
from tests.conftest import start_kafka
from tests.e2e.topics import LIMIT
from tests.e2e.world import World


def test_brokers_that_were_forgotten_are_found_again(database_url: str, tmp_path: Path) -> None:
    """By another client of the member; with this setting librdkafka itself never looks for them again."""
    with start_kafka({}) as kafka:
        if not isinstance(kafka, LocalKafka):
            pytest.skip("Kafka's tools are not in the containers' image")
        with World(kafka.bootstrap, database_url, tmp_path) as world:
            topic = world.topic(3)
            world.send(topic, events(200))
            consumer = world.consumer(KAFKA_CONFIG_METADATA_RECOVERY_STRATEGY="none")
            world.until_read(consumer)
            kafka.unregister()
            world.until(lambda: bool(consumer.logged("kafka_unavailable")), "it notices", of=[consumer])
            kafka.kill()
            kafka.start()
            world.send(topic, events(200))
            world.until_read(consumer, limit=120)
            assert consumer.logged("kafka_client_replaced", client="member")
            assert consumer.stop() == 0
            world.check()


def test_a_member_goes_on_with_another_client(world: World) -> None:
    """It gets its partitions again, and the callbacks do not hear of the one that leaves."""
    topic = world.topic(2)
    heard: list[str] = []
    calls = RebalanceCallbacks(
        assigned=lambda keys: heard.extend(f"assigned {number}" for _, number in keys),
        revoked=lambda keys: heard.append(f"revoked {keys}"),
        lost=lambda keys: heard.append(f"lost {keys}"),
    )
    config = {"bootstrap.servers": world.bootstrap, "group.id": world.group}
    member = GroupConsumer(config, [topic], calls, Passed({}, None), uncounted, TopicFaults())

    def assigned() -> bool:
        member.poll(1, 0.1)
        return sorted(heard) == ["assigned 0", "assigned 1"]

    assert wait_until(assigned, LIMIT), heard
    heard.clear()
    member.renew()
    assert wait_until(assigned, LIMIT), heard
    member.close()
