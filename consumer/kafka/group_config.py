"""The Kafka client's properties for a member of the consumer group (docs/decisions/0003 has the reasons)."""

from collections.abc import Mapping

# `group.id`, the brokers and the user's own properties are added to these.
BASE: Mapping[str, str | int | bool] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "check.crcs": True,
    "allow.auto.create.topics": False,
    "enable.partition.eof": True,
    # Both limits are for each partition: with many partitions, larger queues cost memory and are no faster.
    "queued.max.messages.kbytes": 2048,
    "queued.min.messages": 2000,
    # Of compressed bytes: the client unpacks a whole answer of the broker at once, however large that becomes (decision 149).
    "fetch.message.max.bytes": 16 * 1024,
    "fetch.max.bytes": 1024 * 1024,
    "fetch.queue.backoff.ms": 10,
    "topic.metadata.refresh.interval.ms": 30000,
    "socket.keepalive.enable": True,
    # By the client's default, every request on a connection that a firewall has dropped would wait for a minute.
    "socket.timeout.ms": 30000,
    "reconnect.backoff.max.ms": 10000,
}
# Those of them that bound memory.
LIMITS = ("queued.max.messages.kbytes", "queued.min.messages", "fetch.message.max.bytes", "fetch.max.bytes")
# Properties that only a member of a group has, or only under one protocol: no other client gets them.
OF_MEMBERS = ("group.", "session.", "heartbeat.", "max.poll.", "partition.assignment.")
PROTOCOLS: Mapping[str, Mapping[str, str]] = {
    "consumer": {"group.protocol": "consumer"},
    "classic": {"group.protocol": "classic", "partition.assignment.strategy": "cooperative-sticky"},
}
