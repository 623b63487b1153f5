"""The one place that passes a schema from the registry to the decoders: this process's, and the isolated worker's.

If only one of them knew a schema, a record could have two outcomes.
"""

from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Outcome, Poison, Record
from consumer.event.pipeline import Pipeline
from consumer.native.fast_path import FastPath
from consumer.polling.isolated_worker import IsolatedWorker


class SchemaSource:
    """A pipeline in this process, with its fast path, and one in a child process, which know the same schemas."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.pipeline = Pipeline(decoder)
        self.fast_path = FastPath(decoder)
        self._worker = IsolatedWorker()

    def run_isolated(self, record: Record) -> Outcome | NeedsSchema:
        """As `Pipeline.run`, in the child process."""
        return self._worker.run(record)

    def learn(self, schema_id: int, schema: str | Poison) -> None:
        """Stores the registry's answer for this id: a schema's text, or why its records are parked."""
        self.decoder.learn(schema_id, schema)
        self.fast_path.learn()
        self._worker.learn(schema_id, schema)

    def forget_absent(self) -> None:
        """Forgets which ids the registry did not know, so that they are requested again: an operator resumed a partition."""
        self.decoder.forget_absent()
        self._worker.forget_absent()

    def close(self) -> None:
        """Ends the child process, if there is one."""
        self._worker.close()
