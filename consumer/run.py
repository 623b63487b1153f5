"""Composes a consumer from its settings and runs it: signals in, exit code out."""

import gc
import os
import signal
import socket
import sys
import threading
import uuid
from types import FrameType

import structlog

from consumer.event.decode import Decoder
from consumer.event.pipeline import skippable
from consumer.kafka.admin import Cluster, PropertyRefused
from consumer.kafka.consumer import GroupConsumer, GroupConsumerFailure
from consumer.loop import MAX_RECORDS, Loop, Parts
from consumer.observer import Observer
from consumer.partitions.assignment import Assignment
from consumer.partitions.watermark import Watermark
from consumer.registry.client import AuthorityUnusable
from consumer.registry.fetcher import SchemaFetcher
from consumer.settings import Settings
from consumer.storage.writer import Writer
from consumer.telemetry.setup import BindRefused, telemetry
from runtime import postgres
from schemas import all_schemas

log = structlog.get_logger()


def serve(settings: Settings, *, until_end: bool, observer: Observer) -> int:
    """Consumes until SIGTERM or SIGINT, or with `until_end` until the ends are reached; gives the exit code."""
    _tune()
    stop = _stop_on_signals()
    try:
        clean = _consume(settings, stop, until_end=until_end, observer=observer)
    except (PropertyRefused, BindRefused, AuthorityUnusable) as error:
        log.critical("settings_refused", error=str(error))
        return 2
    except (GroupConsumerFailure, postgres.Error) as error:
        log.critical("stopped", error=str(error).strip(), kind=type(error).__name__)
        return 1
    log.info("finished", halted_partitions=not clean)
    return 0 if clean or not until_end else 1


def _consume(settings: Settings, stop: threading.Event, *, until_end: bool, observer: Observer) -> bool:
    kafka = kafka_config(settings)
    owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"

    def connect() -> postgres.Connection:
        return postgres.connect(settings.database_url.get_secret_value(), "audit_writer", f"audit-consumer {owner}")

    cluster = Cluster(kafka)
    url, authority = settings.registry_url, settings.registry_authority
    told = telemetry(settings, cluster, connect, observer)
    try:
        parts = Parts(
            group_consumer=lambda rebalance: GroupConsumer(
                {**kafka, "group.id": settings.group_id}, settings.topics, rebalance, skippable(all_schemas())
            ),
            # Two batches may have been decoded, and not written, when an owner died.
            assignment=Assignment(cluster, connect, owner, settings.breaker, suspects=2 * MAX_RECORDS),
            writer=Writer(connect, stop),
            watermark=Watermark(cluster),
            decoder=Decoder(all_schemas()),
            schema_fetcher=SchemaFetcher(told.registry(url, authority=authority), stop) if url else None,
            stop=stop,
        )
        log.info("started", owner=owner, topics=settings.topics, group=settings.group_id)
        return Loop(parts, until_end=until_end, observer=told.observer).run()
    finally:
        told.close()


def kafka_config(settings: Settings) -> dict[str, str]:
    """What librdkafka is told by us and by the user, for consumer and administration alike."""
    return {**settings.kafka, "bootstrap.servers": settings.bootstrap_servers}


def _tune() -> None:
    """Two settings of the interpreter that suit one thread that decodes and one that writes (docs/benchmarks.md).

    A record is some twenty containers, none in a cycle: by default cycles are looked for every 35 records. And the writer
    asks for the interpreter's lock some hundred times a batch: by default it waits up to 5 ms each time.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    sys.setswitchinterval(0.0002)


def _stop_on_signals() -> threading.Event:
    """The first signal asks for an orderly end, the second ends at once; a handler that raised would lose messages."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
