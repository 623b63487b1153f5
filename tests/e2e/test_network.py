"""The network between a consumer and its services, through a proxy: connections that say nothing any more are given up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.kafka.topic_questions import SECONDS
from sandbox.services.kafka import LocalKafka
from sandbox.services.process import wait_until
from sandbox.services.tcp_proxy import TcpProxy
from tests.builders import events
from tests.conftest import SHORT
from tests.e2e.world import World

GIVEN_UP = 58.0  # seconds; the client's own default would be a minute


@pytest.fixture
def link() -> Iterator[TcpProxy]:
    """The way of the consumer to Kafka."""
    with TcpProxy() as proxy:
        yield proxy


@pytest.fixture
def world(link: TcpProxy, database_url: str, tmp_path: Path) -> Iterator[World]:
    """As everywhere, but that the consumer goes through `link`."""
    with (
        LocalKafka(config=SHORT, advertised=link.port) as kafka,
        World(kafka.bootstrap, database_url, tmp_path) as running,
    ):
        link.target = kafka.proxied_port
        running.environ["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{link.port}"
        yield running


def test_a_question_is_asked_again_by_a_new_connection(world: World, link: TcpProxy) -> None:
    """Where a firewall has forgotten the old one: the next claim waits for an answer, so for two questions, not for a minute."""
    topic = world.topic()
    cluster = Cluster({"bootstrap.servers": world.environ["KAFKA_BOOTSTRAP_SERVERS"]})
    assert cluster.topic_ids([topic])
    link.forget()

    def is_answered() -> bool:
        try:
            return bool(cluster.topic_ids([topic]))
        except ClusterUnavailable:
            return False

    assert wait_until(is_answered, 3 * SECONDS)


def test_half_open_connections_to_kafka_are_given_up(world: World, link: TcpProxy) -> None:
    """A firewall that has forgotten them: what comes later is read by new connections, within half a minute and a little."""
    topic = world.topic(2)
    world.send(topic, events(10))
    consumer = world.consumer()
    world.until_read(consumer)
    link.forget()
    world.send(topic, events(10))
    world.until_read(consumer, limit=GIVEN_UP)
    assert consumer.stop() == 0
    world.check()
