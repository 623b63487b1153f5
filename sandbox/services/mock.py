"""librdkafka's mock cluster, for machines that have neither a container engine nor Maven: a stand-in for a broker."""

from confluent_kafka import Producer

from sandbox.services.process import SandboxError
from sandbox.services.service import KafkaBroker


class MockKafka(KafkaBroker):
    """The mock that every confluent-kafka wheel carries, in this process; other processes reach it by `bootstrap`."""

    description = "librdkafka's mock cluster, a stand-in for a Kafka broker"
    lacks = (
        "it keeps about 5 MB a partition, in memory; older records vanish in silence",
        "a restart loses everything and changes its address",
        "topics are created by their first use, with 4 partitions; there is no topic or group administration, no topic id",
        "no transactions: aborted records are visible",
        "no offsets by time, so nothing can be rewound to a time",
        "only librdkafka clients can talk to it",
    )

    def __init__(self) -> None:
        self._cluster: Producer | None = None
        self._bootstrap = ""

    @property
    def bootstrap(self) -> str:
        """`host:port`, another one after each start."""
        if not self._bootstrap:
            raise SandboxError("the mock cluster has no address before it is started")
        return self._bootstrap

    def start(self) -> None:
        """Starts the cluster, one broker; it lives for as long as the client that made it."""
        self._cluster = Producer({"test.mock.num.brokers": "1", "log_level": 0})
        [broker] = self._cluster.list_topics(timeout=10).brokers.values()
        self._bootstrap = f"{broker.host}:{broker.port}"

    def stop(self) -> None:
        """Ends the cluster and loses what it held."""
        self._cluster, self._bootstrap = None, ""

    kill = close = stop
