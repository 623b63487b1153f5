"""Partitions whose next record needs a schema from the registry: stopped, and started again once it was fetched."""

from consumer.kafka.consumer import GroupConsumer
from consumer.partitions.assignment import Assignment
from consumer.partitions.position import Position
from consumer.polling.backpressure import Backpressure
from consumer.polling.schema_source import SchemaSource
from consumer.registry.fetcher import SchemaFetcher


class SchemaWait:
    """Moves partitions between active and awaiting_schema; `fetcher` is None where no registry is set."""

    def __init__(
        self,
        consumer: GroupConsumer,
        assignment: Assignment,
        backpressure: Backpressure,
        source: SchemaSource,
        fetcher: SchemaFetcher | None,
    ) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._backpressure = backpressure
        self._source = source
        self._fetcher = fetcher

    def begin(self, position: Position, schema_id: int) -> bool:
        """Stops the partition and requests the schema; does nothing and returns False if no registry is set."""
        if self._fetcher is None:
            return False
        self._consumer.stop([position.partition])
        self._assignment.await_schema(position, schema_id)
        self._fetcher.request(schema_id)
        return True

    def end(self) -> None:
        """Stores the schemas that were fetched, and starts the partitions that waited for them."""
        if self._fetcher is None:
            return
        for answer in self._fetcher.take():
            self._source.learn(answer.schema_id, answer.schema)
            for position in self._assignment.schema_arrived(answer.schema_id):
                self._backpressure.start(position)
