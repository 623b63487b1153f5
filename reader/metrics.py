"""What ops see of the reader: each metric once, with the question that it answers."""

from collections.abc import Iterator

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reader.database import Database
from reader.keys import GivenKey, PublishedKeys
from reader.listing import Listings

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD"})

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

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is one of ours, or `none`."""
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """A request had no valid session; reasons are words of ours and names of PyJWT's errors."""
        self._refusals.labels(reason).inc()

    def watch(self, database: Database, keys: GivenKey | PublishedKeys, listings: Listings) -> None:
        """Adds what is read from the parts when Prometheus asks."""
        self.registry.register(_Parts(database, keys, listings))

    def serve(self, address: tuple[str, int]) -> None:
        """Listens for Prometheus, in a thread. Raises OSError."""
        host, port = address
        start_http_server(port, host, self.registry)


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
            "auditlog_reader_pool_waiting", "Requests that wait for a session", stats.get("requests_waiting", 0)
        )
        # Can sessions still be checked?
        yield CounterMetricFamily(
            "auditlog_reader_key_fetch_failures", "Failed looks at the issuer's keys", self._keys.failures
        )
        if self._keys.fetched_at is not None:
            yield GaugeMetricFamily(
                "auditlog_reader_keys_fetched_timestamp_seconds",
                "When the issuer's keys were last had",
                self._keys.fetched_at,
            )
        # How often is a list counted from scratch, the one thing that is not quick?
        yield CounterMetricFamily(
            "auditlog_reader_lists_counted", "Lists counted for the first time", self._listings.builds
        )
