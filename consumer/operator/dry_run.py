"""What would become of a record with the present code: runs the pipeline for one record at a time.

Unlike the loop, which fetches schemas in a thread, a command may block: the registry is called directly.
"""

from typing import Any

from consumer.event import envelope
from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Outcome, Record
from consumer.polling.schema_source import SchemaSource
from consumer.registry.client import Registry
from consumer.registry.fetcher import fetch_schema
from schemas import all_schemas


class RegistryUnset(Exception):
    """The record is in Confluent framing, and no registry was given."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"schema id {schema_id} is of the Schema Registry: set SCHEMA_REGISTRY_URL")


class DryRun:
    """Runs records. Its methods raise RegistryUnset, and RegistryUnavailable if the registry does not answer."""

    def __init__(self, registry: Registry | None) -> None:
        self._registry = registry
        self._source = SchemaSource(Decoder(all_schemas()))

    def outcome(self, record: Record, *, isolated: bool = False) -> Outcome:
        """The outcome of `record`; with `isolated`, for one that has killed a consumer, it is run in a child process."""
        run = self._source.run_isolated if isolated else self._source.pipeline.run
        outcome = run(record)
        while isinstance(outcome, NeedsSchema):
            self._learn(outcome.schema_id)
            outcome = run(record)
        return outcome

    def data(self, record: Record) -> dict[str, Any]:
        """The data in the record's value, whatever else is wrong with it. Raises Poison where it cannot be decoded."""
        attributes = envelope.read(record.headers)
        while isinstance(data := self._source.decoder.decode(attributes.type, record.value or b""), NeedsSchema):
            self._learn(data.schema_id)
        return data

    def close(self) -> None:
        """Ends the child process, if there is one."""
        self._source.close()

    def _learn(self, schema_id: int) -> None:
        if self._registry is None:
            raise RegistryUnset(schema_id)
        self._source.learn(schema_id, fetch_schema(self._registry, schema_id))
