"""The one place where a schema of the registry is learned: by this process's decoder, and by the isolated worker.

Both decode; a schema that only one of them knew would give a record two outcomes.
"""

from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Outcome, Poison, Record
from consumer.event.pipeline import Pipeline
from consumer.isolated_worker import IsolatedWorker


class SchemaSource:
    """A pipeline in this process and one in a child process, which know the same schemas."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.pipeline = Pipeline(decoder)
        self._worker = IsolatedWorker()

    def run_isolated(self, record: Record) -> Outcome | NeedsSchema:
        """As `Pipeline.run`, in the child process."""
        return self._worker.run(record)

    def learn(self, schema_id: int, schema: str | Poison) -> None:
        """Takes in what the registry said of this id: a schema's text, or why its records are parked."""
        self.decoder.learn(schema_id, schema)
        self._worker.learn(schema_id, schema)

    def forget_absent(self) -> None:
        """Lets ids that the registry did not know be asked for again, as when an operator resumes a partition."""
        self.decoder.forget_absent()
        self._worker.forget_absent()

    def close(self) -> None:
        """Ends the child process, if there is one."""
        self._worker.close()
