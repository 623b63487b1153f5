"""Fetches schemas from the registry in a thread of its own, while the partition that needs one rests.

An outage is waited out. An id that the registry does not know is asked again for a minute, since a registry may lag
behind its producers; only then are its records parked.
"""

import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple

import structlog

from catalog.reasons import ParkReason
from consumer.event.model import Poison
from consumer.registry.client import Registry, RegistryUnavailable, SchemaAbsent, SchemaNotAvro

log = structlog.get_logger()

GRACE_SECONDS = 60.0
RETRY_SECONDS = 2.0


class Answer(NamedTuple):
    """The registry's last word on a schema id: its text, or why records that carry it are parked."""

    schema_id: int
    schema: str | Poison


class SchemaFetcher:
    """Questions to the registry that are under way, each id once."""

    def __init__(self, registry: Registry, stop: threading.Event) -> None:
        self._registry = registry
        self._stop = stop
        self._asked: set[int] = set()
        self._questions: SimpleQueue[int] = SimpleQueue()
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        threading.Thread(target=self._serve, name="schema-fetcher", daemon=True).start()

    def ask(self, schema_id: int) -> None:
        """Asks for a schema, unless that is under way."""
        if schema_id not in self._asked:
            self._asked.add(schema_id)
            self._questions.put(schema_id)

    def answers(self) -> list[Answer]:
        """What has come in since the last call."""
        found = []
        try:
            while True:
                found.append(self._answers.get_nowait())
        except Empty:
            self._asked.difference_update(answer.schema_id for answer in found)
            return found

    def _serve(self) -> None:
        pending: dict[int, float] = {}
        while not self._stop.is_set():
            with suppress(Empty):
                pending.setdefault(self._questions.get(timeout=RETRY_SECONDS), time.monotonic())
            for schema_id, since in list(pending.items()):
                schema = self._fetch(schema_id, time.monotonic() - since)
                if schema is not None:
                    del pending[schema_id]
                    self._answers.put(Answer(schema_id, schema))

    def _fetch(self, schema_id: int, waited: float) -> str | Poison | None:
        try:
            return self._registry.fetch(schema_id)
        except SchemaNotAvro as error:
            return Poison(ParkReason.SCHEMA_NOT_AVRO, str(error))
        except SchemaAbsent as error:
            if waited >= GRACE_SECONDS:
                return Poison(ParkReason.SCHEMA_UNKNOWN, str(error))
            log.warning("schema_absent", schema_id=schema_id, waited_seconds=round(waited), text=str(error))
        except RegistryUnavailable as error:
            log.warning("registry_unavailable", schema_id=schema_id, text=str(error))
        return None
