"""What would become of a record by the code of today: the pipeline with its schemas at hand, for one record at a time.

The loop has a thread that waits for the registry; a command has a person who waits, so here the registry is simply asked.
"""

from typing import Any

from catalog.reasons import ParkReason
from consumer.event import envelope
from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Outcome, Poison, Record
from consumer.event.pipeline import Pipeline
from consumer.isolated_worker import IsolatedWorker
from consumer.registry.client import Registry, SchemaAbsent, SchemaNotAvro
from schemas import all_schemas


class RegistryUnset(Exception):
    """The record is in Confluent framing, and no registry was given."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"schema id {schema_id} is of the Schema Registry: set SCHEMA_REGISTRY_URL")


class DryRun:
    """Runs records. Its methods raise RegistryUnset, and RegistryUnavailable while the registry is away."""

    def __init__(self, registry: Registry | None) -> None:
        self._registry = registry
        self._decoder = Decoder(all_schemas())
        self._pipeline = Pipeline(self._decoder)
        self._isolated_worker = IsolatedWorker()

    def outcome(self, record: Record, *, isolated: bool = False) -> Outcome:
        """The outcome of `record`; with `isolated`, for one that has killed a consumer, it is run in a child process."""
        run = self._isolated_worker.run if isolated else self._pipeline.run
        outcome = run(record)
        while isinstance(outcome, NeedsSchema):
            self._learn(outcome.schema_id)
            outcome = run(record)
        return outcome

    def data(self, record: Record) -> dict[str, Any]:
        """The data in the record's value, whatever else is wrong with it. Raises Poison where it cannot be decoded."""
        attributes = envelope.read(record.headers)
        while isinstance(data := self._decoder.decode(attributes.type, record.value or b""), NeedsSchema):
            self._learn(data.schema_id)
        return data

    def close(self) -> None:
        """Ends the child process, if there is one."""
        self._isolated_worker.close()

    def _learn(self, schema_id: int) -> None:
        if self._registry is None:
            raise RegistryUnset(schema_id)
        schema: str | Poison
        try:
            schema = self._registry.fetch(schema_id)
        except SchemaNotAvro as error:
            schema = Poison(ParkReason.SCHEMA_NOT_AVRO, str(error))
        except SchemaAbsent as error:
            schema = Poison(ParkReason.SCHEMA_UNKNOWN, str(error))
        self._isolated_worker.learn(schema_id, schema)
        if isinstance(schema, Poison):
            self._decoder.learn_unknown(schema_id, schema)
        else:
            self._decoder.learn(schema_id, schema)
