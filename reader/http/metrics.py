"""What ops see of the reader: each metric once, with the question that it answers."""

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
from reader.auth.jwks import GivenKey, PublishedKeys
from reader.http.limiter import Turns
from reader.query.database import Database
from reader.query.listing import Listings
from runtime.health_server import Probes

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD"})
NO_ROUTE = "none"
# Those that a rate must not miss the first of.
STATUSES = ("200", "401", "403", "500", "503")

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The reader's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self.registry.register(collector)
        # Are people answered, and with what?
        self._requests = Counter(
            "auditlog_reader_requests_total", "Requests answered", ["route", "method", "status"], registry=self.registry
        )
        # How long do they wait?
        self._seconds = Histogram(
            "auditlog_reader_request_seconds",
            "Seconds to an answer",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        # Who is turned away, and why? A rise of one reason is an attack, an expired key or a wrong setting.
        self._refusals = Counter(
            "auditlog_reader_refusals_total",
            "Requests without a valid admin session",
            ["reason"],
            registry=self.registry,
        )
        for reason in REASONS:
            self._refusals.labels(reason)
        # How many are there at once?
        self._in_progress = Gauge(
            "auditlog_reader_requests_in_progress",
            "Requests that have come and are not answered",
            registry=self.registry,
        )
        # Do they have to queue?
        self._waiting = Gauge(
            "auditlog_reader_requests_waiting", "Requests in progress that wait for their turn", registry=self.registry
        )
        # Which version runs where?
        Info("auditlog_reader_build", "Versions of this program and of Python", registry=self.registry).info(
            {"version": version("callmine-audit"), "python": platform.python_version()}
        )

    def expect(self, routes: Sequence[str], turns: Turns) -> None:
        """Names the routes before anyone asks for them, and where requests queue."""
        for route in (*routes, NO_ROUTE):
            self._seconds.labels(route)
            for status in STATUSES:
                self._requests.labels(route, "GET", status)
        self._waiting.set_function(lambda: turns.waiting)

    def began(self) -> None:
        """A request has come; `answered` follows."""
        self._in_progress.inc()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is one of ours, or NO_ROUTE."""
        self._in_progress.dec()
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """A request had no valid admin session; `reason` is one of REASONS."""
        self._refusals.labels(reason).inc()

    def watch(self, database: Database, keys: GivenKey | PublishedKeys, listings: Listings) -> None:
        """Adds what is read from the parts when Prometheus asks."""
        self.registry.register(_Parts(database, keys, listings))

    def serve(self, address: tuple[str, int], ready: Callable[[], bool]) -> None:
        """Listens for Prometheus and probes, in a thread. Raises OSError."""
        Probes(address, self.registry, alive=lambda: True, ready=ready)


class _Parts(Collector):
    """The pool's, the keys' and the lists' own figures."""

    def __init__(self, database: Database, keys: GivenKey | PublishedKeys, listings: Listings) -> None:
        self._database, self._keys, self._listings = database, keys, listings

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
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
        # Can sessions still be checked?
        yield CounterMetricFamily(
            "auditlog_reader_key_fetch_failures", "Failed looks at the issuer's keys", self._keys.failures
        )
        if isinstance(self._keys, PublishedKeys):
            yield GaugeMetricFamily(
                "auditlog_reader_keys_fetched_timestamp_seconds",
                "When the issuer's keys were last had; 0 for never",
                self._keys.fetched_at or 0,
            )
        # How often is a list counted from scratch, the one thing that is not quick?
        yield CounterMetricFamily(
            "auditlog_reader_lists_counted", "Lists counted for the first time", self._listings.builds
        )
