"""The 99th percentile, as all benchmarks take it."""

from collections.abc import Sequence
from statistics import quantiles


def p99(values: Sequence[float]) -> float:
    """Of two values or more."""
    return quantiles(values, n=100)[98]
