"""Composes a reader from its settings and runs it: signals in, exit code out."""

import signal
import sys
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from reader.auth.access import Access
from reader.auth.clerk import Rules
from reader.auth.jwks import GivenKey, PublishedKeys
from reader.http.app import create
from reader.http.dependencies import Parts
from reader.http.metrics import Metrics
from reader.query.database import Database
from reader.query.listing import Listings
from reader.settings import Settings
from runtime.postgres import SettingRefused

log = structlog.get_logger()

GRACE_SECONDS = 10
MOST_CONNECTIONS = 900  # below the 1,024 files that a process may have open by default


def serve(settings: Settings) -> int:
    """Answers until SIGTERM or SIGINT, then finishes what was asked; gives the exit code."""
    keys = _keys(settings)
    rules = Rules(settings.issuer, frozenset(settings.authorized_parties), settings.allow_missing_azp)
    database = Database(settings.database_url.get_secret_value())
    listings, metrics = Listings(database), Metrics()
    metrics.watch(database, keys, listings)
    app = create(
        Parts(
            Access(keys, rules),
            database,
            listings,
            keys,
            metrics,
            settings.hosts,
            settings.sign_in_url,
            settings.export_contact,
        )
    )
    try:
        database.check()
        if settings.metrics_bind is not None:
            metrics.serve(settings.metrics_bind, lambda: database.ready() and keys.ready())
        return listen(app, settings.bind)
    except (OSError, SettingRefused) as error:
        log.critical("stopped", error=str(error))
        return 1
    finally:
        keys.close()
        database.close()


def server(app: ASGIApp, address: tuple[str, int]) -> uvicorn.Server:
    """What answers HTTP at an address."""
    config = uvicorn.Config(
        app,
        *address,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=16 * 1024,
    )
    return uvicorn.Server(config)


def listen(app: ASGIApp, address: tuple[str, int]) -> int:
    """Serves `app` until told to stop; 0, or 1 where the address cannot be had."""
    # The thread that listens asks for the interpreter's lock behind each line it logs: by default it waits up to 5 ms.
    sys.setswitchinterval(0.0005)
    # uvicorn raises the signal that ended it once more: it finds these, and we end in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _heard)
    log.info("started", address="{}:{}".format(*address))
    try:
        server(app, address).run()
    except SystemExit:  # the address is taken
        log.critical("stopped", error="cannot listen at {}:{}".format(*address))
        return 1
    log.info("finished")
    return 0


def _keys(settings: Settings) -> GivenKey | PublishedKeys:
    if settings.jwt_key is not None:
        return GivenKey(settings.jwt_key)
    return PublishedKeys(settings.jwks_url or f"{settings.issuer}/.well-known/jwks.json")


def _heard(_number: int, _frame: FrameType | None) -> None:
    """The signal has been obeyed already."""
