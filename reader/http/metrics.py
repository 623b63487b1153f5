"""The metrics of the reader, each with the question that it answers."""

import platform
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reader.auth.clerk import REASONS
from reader.auth.jwks import JwksKeys, StaticKey
from reader.http.limiter import RequestLimiter
from reader.http.renewal_response import OUTCOMES
from reader.query.cells import CellDatabases, CellListings
from reader.query.database import Database
from reader.query.listing import Listings

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD"})
NO_ROUTE = "none"
# Their series exist from the start, so that a rate sees their first increase.
STATUSES = ("200", "401", "403", "500", "503")
# Why the reader closes a connection: request or response timed out, closed to admit another, or too many are busy.
CLOSED = ("request_timeout", "response_timeout", "room", "refused")

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self.registry.register(collector)
        self._count_requests()
        self._count_sessions()
        self._count_connections()
        # Which version runs where?
        Info("auditlog_reader_build", "Versions of this program and of Python", registry=self.registry).info(
            {"version": version("callmine-audit"), "python": platform.python_version()}
        )

    def _count_requests(self) -> None:
        registry = self.registry
        # How many requests are there, and with which status?
        self._requests = Counter(
            "auditlog_reader_requests_total", "Responses", ["route", "method", "status"], registry=registry
        )
        # How long do responses take?
        self._seconds = Histogram(
            "auditlog_reader_request_seconds", "Seconds to a response", ["route"], buckets=BUCKETS, registry=registry
        )
        # How many requests are there at once?
        self._in_progress = Gauge(
            "auditlog_reader_requests_in_progress", "Requests without a complete response yet", registry=registry
        )
        # Do requests queue?
        self._waiting = Gauge(
            "auditlog_reader_requests_waiting", "Requests in progress that wait in the queue", registry=registry
        )

    def _count_sessions(self) -> None:
        registry = self.registry
        # Which sessions are refused? A rise of one reason means an attack, an expired key or a wrong setting.
        self._refusals = Counter(
            "auditlog_reader_refusals_total", "Requests without a valid admin session", ["reason"], registry=registry
        )
        for reason in REASONS:
            self._refusals.labels(reason)
        # Are sessions renewed? Many outcomes given_up: the redirects to the Frontend API or back do not work.
        self._renewals = Counter(
            "auditlog_reader_renewals_total", "Navigations without a session", ["outcome"], registry=registry
        )
        for outcome in OUTCOMES:
            self._renewals.labels(outcome)
        # Does Clerk make tokens without azp, and are they accepted?
        self._missing_azp = Counter(
            "auditlog_reader_tokens_without_azp_total", "Tokens without azp", ["kind", "outcome"], registry=registry
        )
        for kind in ("bearer", "cookie"):
            for outcome in ("accepted", "refused", "renewed"):
                self._missing_azp.labels(kind, outcome)

    def _count_connections(self) -> None:
        registry = self.registry
        # Are there clients that connect and send nothing, or read nothing?
        self._waiting_connections = Gauge(
            "auditlog_reader_waiting_connections",
            "Connections of the public port without a request in progress",
            registry=registry,
        )
        self._closed = Counter(
            "auditlog_reader_closed_connections_total",
            "Connections that the reader has closed early",
            ["reason"],
            registry=registry,
        )
        for reason in CLOSED:
            self._closed.labels(reason)

    def register_routes(self, routes: Sequence[str], limiter: RequestLimiter) -> None:
        """Creates the series of every route before its first request, and reads the queue of `limiter`."""
        for route in (*routes, NO_ROUTE):
            self._seconds.labels(route)
            for status in STATUSES:
                self._requests.labels(route, "GET", status)
        self._waiting.set_function(lambda: limiter.waiting)

    def request_started(self) -> None:
        """A request has begun; `request_finished` follows."""
        self._in_progress.inc()

    def request_finished(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request has ended; `route` is the path of a route, or NO_ROUTE."""
        self._in_progress.dec()
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def access_refused(self, reason: str) -> None:
        """A request without a valid admin session; `reason` is one of REASONS."""
        self._refusals.labels(reason).inc()

    def session_renewal(self, outcome: str) -> None:
        """A navigation had no session; `outcome` is one of OUTCOMES."""
        self._renewals.labels(outcome).inc()

    def missing_azp(self, kind: str, outcome: str) -> None:
        """A token without azp: a `bearer` or `cookie` that was `accepted`, `refused`, or `renewed` before it is accepted."""
        self._missing_azp.labels(kind, outcome).inc()

    def register_services(
        self, database: Database | CellDatabases, keys: StaticKey | JwksKeys, listings: Listings | CellListings
    ) -> None:
        """Adds the metrics that are read from these services at each scrape."""
        self.registry.register(_ServiceCollector(database, keys, listings))

    def register_connections(self, waiting: Callable[[], int]) -> None:
        """Reads at each scrape how many connections wait for a request."""
        self._waiting_connections.set_function(waiting)

    def connection_closed(self, reason: str) -> None:
        """A connection of the public port was closed by the reader; `reason` is one of CLOSED."""
        self._closed.labels(reason).inc()


class _ServiceCollector(Collector):
    """Reads the figures of the pool, the keys and the lists."""

    def __init__(
        self, database: Database | CellDatabases, keys: StaticKey | JwksKeys, listings: Listings | CellListings
    ) -> None:
        self._database, self._keys, self._listings = database, keys, listings

    def collect(self) -> Iterator[Metric]:
        """Gives, at each scrape, what the pool, the keys and the index caches say of themselves then."""
        stats = self._database.stats()
        # Is the pool the bottleneck?
        pool = GaugeMetricFamily("auditlog_reader_pool_connections", "Sessions by state", labels=["state"])
        pool.add_metric(["open"], stats.get("pool_size", 0))
        pool.add_metric(["free"], stats.get("pool_available", 0))
        yield pool
        yield GaugeMetricFamily(
            "auditlog_reader_pool_waiting_requests",
            "Requests that wait for a session",
            stats.get("requests_waiting", 0),
        )
        # Can session tokens still be verified?
        yield CounterMetricFamily(
            "auditlog_reader_key_fetch_failures", "Failed fetches of the issuer's keys", self._keys.failures
        )
        if isinstance(self._keys, JwksKeys):
            yield GaugeMetricFamily(
                "auditlog_reader_keys_fetched_timestamp_seconds",
                "When the issuer's keys were last fetched; 0 for never",
                self._keys.fetched_at or 0,
            )
        # How often is a whole list read? It is the one slow operation.
        yield CounterMetricFamily(
            "auditlog_reader_key_index_builds",
            "Key indexes built by reading a whole list",
            self._listings.key_index_builds,
        )
        # How much of the memory do they take?
        yield GaugeMetricFamily(
            "auditlog_reader_key_index_bytes", "Key indexes in memory", self._listings.key_index_bytes
        )
