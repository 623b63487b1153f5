"""Builds a consumer from its settings and runs it; signals stop it, and the result is an exit code."""

import gc
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import structlog

from catalog.cells import WHOLE
from consumer.event.decode import Decoder
from consumer.event.ignored import wire_types
from consumer.kafka.admin import Cluster, PropertyRefused
from consumer.kafka.consumer import GroupConsumer
from consumer.kafka.member_client import GroupConsumerFailure
from consumer.kafka.polled import Passed
from consumer.kafka.rebalance import RebalanceCallbacks
from consumer.kafka.topic_watch import TopicWatch
from consumer.operator.tampering import may_become_owner
from consumer.partitions.assignment import Assignment
from consumer.partitions.cell import WrongCell
from consumer.partitions.claim import Owner
from consumer.partitions.watermark import Watermark
from consumer.polling.backpressure import MAX_RECORDS
from consumer.polling.loop import Loop, Parts
from consumer.polling.observer import Observer
from consumer.polling.schema_source import SchemaSource
from consumer.polling.until_end import UntilEnd
from consumer.registry.client import RegistryRefused
from consumer.registry.fetcher import SchemaFetcher
from consumer.settings import Settings
from consumer.storage.writer import Writer
from consumer.telemetry.setup import BindRefused, TracesRefused, telemetry
from runtime import postgres, shutdown
from runtime.threads import Deaths, ThreadDied
from schemas import all_schemas

log = structlog.get_logger()

# Errors of settings that are found only when the settings are used.
REFUSED = (PropertyRefused, BindRefused, RegistryRefused, TracesRefused)


def serve(settings: Settings, *, until_end: bool, observer: Observer) -> int:
    """Consumes until SIGTERM or SIGINT, or with `until_end` until the ends are reached; gives the exit code."""
    _tune()
    stop = _stop_on_signals()
    try:
        clean = _consume(settings, stop, until_end=until_end, observer=observer)
    except REFUSED as error:
        log.critical("settings_refused", error=str(error))
        return 2
    except (GroupConsumerFailure, ThreadDied, WrongCell, postgres.Error) as error:
        log.critical("stopped", error=str(error).strip(), kind=type(error).__name__)
        return 1
    except Exception as error:
        log.critical("stopped", error=repr(error), kind=type(error).__name__, hint="a bug of ours", exc_info=True)
        return 1
    log.info("finished", complete=clean)
    return _exit_code(clean=clean, until_end=until_end)


def _exit_code(*, clean: bool, until_end: bool) -> int:
    return 0 if clean or not until_end else 1


def _consume(settings: Settings, stop: threading.Event, *, until_end: bool, observer: Observer) -> bool:
    """Whether no partition is halted at the end. The time limit of the shutdown begins before anything is closed."""
    with ExitStack() as opened:
        try:
            clean = _open(opened, settings, stop, until_end=until_end, observer=observer).run()
        except BaseException as error:
            shutdown.begin(2 if isinstance(error, REFUSED) else 1)
            raise
        shutdown.begin(_exit_code(clean=clean, until_end=until_end))
        return clean


def _open(opened: ExitStack, settings: Settings, stop: threading.Event, *, until_end: bool, observer: Observer) -> Loop:
    kafka = kafka_config(settings)
    owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    connect, deaths = _connector(settings, owner), Deaths()
    measured = telemetry(settings, observer)
    opened.callback(measured.close)
    on_retry = measured.observer.on_retry
    cluster = Cluster(kafka, on_retry)
    measured.poll(cluster, connect)
    source = SchemaSource(Decoder(all_schemas()))
    opened.callback(source.close)
    fetcher = None
    if settings.registry_url:
        registry = measured.registry(settings.registry_url, authority=settings.registry_authority)
        opened.callback(registry.close)
        fetcher = SchemaFetcher(registry, stop, on_retry, deaths.note)
    watermark = Watermark(cluster, connect, on_retry, deaths.note)
    opened.callback(watermark.close)
    topic_watch = TopicWatch(cluster, settings.topics, on_retry, deaths.note)
    opened.callback(topic_watch.close)
    # Up to two batches may have been decoded and not written when an owner died.
    claimant = Owner(owner, settings.cell)
    assignment = Assignment(cluster, connect, claimant, settings.breaker, suspects=2 * MAX_RECORDS, on_retry=on_retry)
    opened.callback(assignment.close)
    writer = Writer(connect, stop, on_retry, deaths.note)
    opened.callback(writer.close)

    def join(callbacks: RebalanceCallbacks) -> GroupConsumer:
        config = {**kafka, "group.id": settings.group}
        share = None if settings.cell == WHOLE else settings.cell.share
        passed = Passed(dict(wire_types(all_schemas())), share)
        return GroupConsumer(config, settings.topics, callbacks, passed, on_retry, cluster.faults)

    log.info("started", owner=owner, topics=settings.topics, group=settings.group, cell=str(settings.cell))
    parts = Parts(
        group_consumer=join,
        cluster=cluster,
        assignment=assignment,
        writer=writer,
        watermark=watermark,
        topic_watch=topic_watch,
        until_end=UntilEnd(settings.topics, cluster, assignment) if until_end else None,
        source=source,
        schema_fetcher=fetcher,
        deaths=deaths,
        stop=stop,
    )
    loop = Loop(parts, observer=measured.observer)
    opened.callback(loop.close)
    return loop


def _connector(settings: Settings, owner: str) -> Callable[[], postgres.Connection]:
    """Makes connections in the writer's role; the first one is checked for a login with too many rights."""
    warn_once = OwnerWarning()

    def connect() -> postgres.Connection:
        url = settings.database_url.get_secret_value()
        connection = postgres.connect(url, "audit_writer", f"audit-consumer {owner}")
        warn_once(connection)
        return connection

    return connect


def kafka_config(settings: Settings) -> dict[str, str]:
    """The user's properties for librdkafka and the brokers' addresses, for consumer and admin client alike."""
    return {**settings.kafka, "bootstrap.servers": settings.bootstrap_servers}


class OwnerWarning:
    """Logs once that the login may become audit_owner: who has it could drop the append-only triggers."""

    def __init__(self) -> None:
        self._checked = False

    def __call__(self, connection: postgres.Connection) -> None:
        """Checks the first connection only: the login changes only with a restart."""
        if not self._checked:
            self._checked = True
            if may_become_owner(connection):
                log.warning("login_may_become_owner", hint="give the program a login with audit_writer alone")


def _tune() -> None:
    """Two settings of the interpreter that suit one thread that decodes and one that writes (docs/benchmarks.md).

    A record is some twenty containers, none in a cycle: by default cycles are looked for every 35 records. And the writer
    asks for the interpreter's lock some hundred times a batch: by default it waits up to 5 ms each time.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    sys.setswitchinterval(0.0002)


def _stop_on_signals() -> threading.Event:
    """The first signal requests an orderly shutdown, the second ends at once; a handler that raised would lose messages."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
