"""A histogram that takes whole batches: prometheus_client's takes one value a call, too slow for thousands of records."""

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector

# 60 is what the freshness alerts rest on (deploy/prometheus/alerts.yaml).
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class BatchHistogram(Collector):
    """Seconds by one label; added to by one thread and read by another."""

    def __init__(self, name: str, text: str, label: str, values: Iterable[str]) -> None:
        """`values` are the label's, each there from the start."""
        self._family = (name, text, label)
        # Of each value: how many lie in each bucket, and their sum.
        self._counts = {value: [0] * (len(BUCKETS) + 1) for value in values}
        self._sums = dict.fromkeys(self._counts, 0.0)
        self._lock = threading.Lock()

    def observe(self, value: str, now: float, times: Sequence[float]) -> None:
        """Adds the delays from each of `times` to `now`, in seconds; a time ahead of `now` is no delay."""
        delays = sorted([max(now - time, 0.0) for time in times])
        below = [bisect_right(delays, bound) for bound in BUCKETS]
        with self._lock:
            counts = self._counts[value]
            for index, (upper, lower) in enumerate(zip([*below, len(delays)], [0, *below], strict=True)):
                counts[index] += upper - lower
            self._sums[value] += sum(delays)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Gives the family at each scrape: buckets, count and sum of each value of the label."""
        name, text, label = self._family
        family = HistogramMetricFamily(name, text, labels=[label])
        with self._lock:
            for value, counts in self._counts.items():
                total, buckets = 0, []
                for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                    total += count
                    buckets.append((bound, total))
                family.add_metric([value], buckets, self._sums[value])
        yield family
