"""Runs a reader: from settings to an exit code, with the signals that end it."""

import gc
import signal
import sys
from functools import partial
from types import FrameType

import structlog
import uvicorn

from catalog.cells import WHOLE
from reader.auth.clerk import TokenRules
from reader.auth.jwks import JwksKeys, StaticKey
from reader.compose import ComposedReader, compose
from reader.http.connections import KEEP_SECONDS, BoundedProtocol, Connections
from reader.http.heartbeat import BEAT_SECONDS
from reader.query.cells import CellDatabases
from reader.query.database import Database
from reader.settings import Settings
from runtime import allocator, shutdown
from runtime.postgres import SettingRefused

log = structlog.get_logger()

GRACE_SECONDS = 10
BACKLOG = 128  # connections that are accepted in one turn of the event loop


def serve(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT, then finishes the requests in progress. Returns the exit code."""
    allocator.give_back_large_blocks()
    reader = compose(
        database=_databases(settings),
        keys=_keys(settings),
        rules=TokenRules(settings.issuer, frozenset(settings.authorized_parties), settings.allow_missing_azp),
        renewal=settings.renewal,
        hosts=settings.hosts,
        export_contact=settings.export_contact,
    )
    with reader:
        try:
            reader.services.database.check()
        except SettingRefused as error:
            log.critical("stopped", error=str(error))
            return 1
        if settings.metrics_bind is not None:
            try:
                reader.serve_ops(settings.metrics_bind)
            except OSError as error:
                return _bind_refused("AUDIT_READER_METRICS_BIND", settings.metrics_bind, error.strerror)
        code = listen(reader, settings.bind)
        shutdown.begin(code)  # closing the reader does not change it
        return code


def server(reader: ComposedReader, address: tuple[str, int]) -> uvicorn.Server:
    """The HTTP server for `reader` at host and port `address`."""
    connections = Connections(reader.services.metrics.connection_closed)
    reader.services.metrics.register_connections(lambda: connections.waiting)
    config = uvicorn.Config(
        reader.app,
        *address,
        http=partial(BoundedProtocol, among=connections),  # type: ignore[arg-type]
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_SECONDS,
        h11_max_incomplete_event_size=16 * 1024,
        timeout_notify=BEAT_SECONDS,
        callback_notify=reader.heartbeat.beat,
    )
    return uvicorn.Server(config)


def listen(reader: ComposedReader, address: tuple[str, int]) -> int:
    """Serves `reader` until SIGTERM or SIGINT. Returns 0, or 2 if the address cannot be bound."""
    # After each log line the event loop's thread waits for the interpreter's lock, by default up to 5 ms.
    sys.setswitchinterval(0.0005)
    # uvicorn raises the signal again after it has stopped. These handlers let the rest of the shutdown run.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore_signal)
    # What is there now stays: without it a collection of the oldest generation takes a millisecond, with it 40.
    gc.collect()
    gc.freeze()
    log.info("started", address="{}:{}".format(*address))
    try:
        server(reader, address).run()
    except SystemExit:  # uvicorn could not bind the address
        return _bind_refused("AUDIT_READER_BIND", address, "the line before has the reason")
    log.info("finished")
    return 0


def _bind_refused(name: str, address: tuple[str, int], reason: str | None) -> int:
    """Logs that the address of setting `name` cannot be bound. Returns the exit code of a wrong setting."""
    log.critical("settings_refused", error=f"{name}: cannot listen at {address[0]}:{address[1]}: {reason}")
    return 2


def _databases(settings: Settings) -> Database | CellDatabases:
    databases = {cell: Database(url, cell) for cell, url in settings.databases.items()}
    return databases[WHOLE] if databases.keys() == {WHOLE} else CellDatabases(databases)


def _keys(settings: Settings) -> StaticKey | JwksKeys:
    if settings.jwt_key is not None:
        return StaticKey(settings.jwt_key)
    return JwksKeys(settings.jwks_url or f"{settings.issuer}/.well-known/jwks.json")


def _ignore_signal(_number: int, _frame: FrameType | None) -> None:
    """Uvicorn has handled the signal already."""
