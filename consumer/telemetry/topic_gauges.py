"""The faults of topics as a gauge: 1 for each fault, read when Prometheus scrapes."""

from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from consumer.kafka.topic_faults import TopicFault, TopicFaults


class TopicFaultGauges(Collector):
    """`auditlog_topic_faults`, for every topic of the settings and every cause."""

    def __init__(self, topics: Sequence[str], faults: TopicFaults) -> None:
        self._topics = tuple(topics)
        self._faults = faults

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called by the registry, in the thread of a scrape."""
        now = self._faults.current()
        text = "What is wrong with a topic, while the others are read"
        family = GaugeMetricFamily("auditlog_topic_faults", text, labels=["topic", "cause"])
        for topic in self._topics:
            for cause in TopicFault:
                family.add_metric([topic, cause], int((topic, cause) in now))
        yield family
