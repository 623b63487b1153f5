"""The metric of standbys: a module of its own, because threads query the database for its values."""

from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from catalog.cells import Cell
from reader.query.replay_lag import ReplayLag


class ReplayLagMetric(Collector):
    """Answers how far the database of each cell is behind its primary."""

    def __init__(self, lags: Mapping[Cell, ReplayLag]) -> None:
        self._lags = lags

    def collect(self) -> Iterator[Metric]:
        """Queries the lags at each scrape. A database that does not answer has no sample."""
        family = GaugeMetricFamily(
            "auditlog_reader_replay_lag_seconds",
            "Age of the newest transaction that a standby has replayed; 0 on a primary",
            labels=["cell"],
        )
        for cell, lag in self._lags.items():
            if lag.seconds is not None:
                family.add_metric([str(cell)], lag.seconds)
        yield family
