"""Composes a reader from its settings and runs it: signals in, exit code out."""

import signal
import sys
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from reader.auth.access import Authenticator
from reader.auth.clerk import TokenRules
from reader.auth.jwks import JwksKeys, StaticKey
from reader.http.app import create
from reader.http.metrics import Metrics
from reader.http.renewal import Renewal
from reader.http.services import ReaderServices
from reader.query.database import Database
from reader.query.listing import Listings
from reader.settings import Settings

log = structlog.get_logger()

GRACE_SECONDS = 10
MAX_CONNECTIONS = 900  # below the 1,024 files that a process may have open by default


def serve(settings: Settings) -> int:
    """Answers until SIGTERM or SIGINT, then finishes what was asked; gives the exit code."""
    keys = _keys(settings)
    rules = TokenRules(settings.issuer, frozenset(settings.authorized_parties), settings.allow_missing_azp)
    database = Database(settings.database_url.get_secret_value())
    listings, metrics = Listings(database), Metrics()
    metrics.register_services(database, keys, listings)
    names = settings.cookie_names
    access = Authenticator(keys, rules, names, metrics.without_azp)
    app = create(
        ReaderServices(
            access,
            Renewal(access, keys, settings.issuer, settings.frontend_api, names, "https"),
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
        if settings.metrics_bind is not None:
            metrics.serve(settings.metrics_bind)
        return listen(app, settings.bind)
    except OSError as error:
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
        limit_concurrency=MAX_CONNECTIONS,
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
        signal.signal(number, _ignore_signal)
    log.info("started", address="{}:{}".format(*address))
    try:
        server(app, address).run()
    except SystemExit:  # the address is taken
        log.critical("stopped", error="cannot listen at {}:{}".format(*address))
        return 1
    log.info("finished")
    return 0


def _keys(settings: Settings) -> StaticKey | JwksKeys:
    if settings.jwt_key is not None:
        return StaticKey(settings.jwt_key)
    return JwksKeys(settings.jwks_url or f"{settings.issuer}/.well-known/jwks.json")


def _ignore_signal(_number: int, _frame: FrameType | None) -> None:
    """The signal has been obeyed already."""
