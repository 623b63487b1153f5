"""Fetches schemas from the registry, in a thread of its own while the partition that needs one is stopped.

An outage is waited out. An id that the registry does not know is requested again for a minute, because a registry may
get a schema later than its producers; only then are its records parked.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import structlog

from catalog.reasons import ParkReason
from consumer.event.model import Poison
from consumer.registry.client import Registry, RegistryUnavailable, SchemaAbsent, SchemaNotAvro
from consumer.retries import OnRetry, Retry
from runtime.threads import OnDeath, spawn

log = structlog.get_logger()

GRACE_SECONDS = 60.0
RETRY_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class FetchedSchema:
    """The registry's final answer for a schema id: the text, or why records that carry the id are parked."""

    schema_id: int
    schema: str | Poison


def fetch_schema(registry: Registry, schema_id: int) -> str | Poison:
    """The text of a schema, or why records that carry the id are parked. Raises RegistryUnavailable."""
    try:
        return registry.fetch(schema_id)
    except SchemaNotAvro as error:
        return Poison(ParkReason.SCHEMA_NOT_AVRO, str(error))
    except SchemaAbsent as error:
        return Poison(ParkReason.SCHEMA_UNKNOWN, str(error))


class SchemaFetcher:
    """Requests to the registry that are under way, each id once; `on_retry` is called when one has to be repeated."""

    def __init__(self, registry: Registry, stop: threading.Event, on_retry: OnRetry, on_death: OnDeath) -> None:
        self._registry = registry
        self._stop = stop
        self._on_retry = on_retry
        self._requested: set[int] = set()
        self._requests: SimpleQueue[int] = SimpleQueue()
        self._fetched: SimpleQueue[FetchedSchema] = SimpleQueue()
        spawn("schema-fetcher", self._serve, on_death)

    def request(self, schema_id: int) -> None:
        """Requests a schema, unless a request for it is under way."""
        if schema_id not in self._requested:
            self._requested.add(schema_id)
            self._requests.put(schema_id)

    def take(self) -> list[FetchedSchema]:
        """What has been fetched since the last call."""
        fetched: list[FetchedSchema] = []
        with suppress(Empty):
            while True:
                fetched.append(self._fetched.get_nowait())
        self._requested.difference_update(answer.schema_id for answer in fetched)
        return fetched

    def _serve(self) -> None:
        pending: dict[int, float] = {}
        while not self._stop.is_set():
            with suppress(Empty):
                pending.setdefault(self._requests.get(timeout=RETRY_SECONDS), time.monotonic())
            for schema_id, since in list(pending.items()):
                schema = self._fetch(schema_id, time.monotonic() - since)
                if schema is not None:
                    del pending[schema_id]
                    self._fetched.put(FetchedSchema(schema_id=schema_id, schema=schema))

    def _fetch(self, schema_id: int, waited: float) -> str | Poison | None:
        """The final answer, or None if the request has to be repeated; `waited` is in seconds."""
        try:
            schema = fetch_schema(self._registry, schema_id)
        except RegistryUnavailable as error:
            log.warning("registry_unavailable", schema_id=schema_id, text=str(error))
            self._on_retry(Retry.REGISTRY)
            return None
        absent = isinstance(schema, Poison) and schema.reason is ParkReason.SCHEMA_UNKNOWN
        if absent and waited < GRACE_SECONDS:
            log.warning("schema_absent", schema_id=schema_id, waited_seconds=round(waited), text=str(schema))
            self._on_retry(Retry.REGISTRY)
            return None
        return schema
