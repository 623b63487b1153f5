"""Records that a consumer parks before Prometheus has seen it: a counter that begins above zero has no increase."""

from pathlib import Path

from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from sandbox.services.service import KafkaBroker
from tests.builders import event
from tests.e2e.world import World
from tests.ops.prometheus import Prometheus

MANY = 20
LIMIT = 60.0


def test_what_is_parked_before_a_first_scrape_is_told(kafka: KafkaBroker, database_url: str, tmp_path: Path) -> None:
    """AuditParkedMany fires, and ends as it would for what is parked later."""
    port = free_port()
    with World(kafka.bootstrap, database_url, tmp_path) as world:
        topic = world.topic()
        world.send(topic, [event().with_headers(ce_type="member.unheard_of") for _ in range(MANY)], "parked")
        consumer = world.consumer(AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
        world.until(lambda: world.count("parked_record") == MANY, "they are parked", of=[consumer])
        with Prometheus([f"127.0.0.1:{port}"]) as prometheus:
            assert wait_until(lambda: "AuditParkedMany" in prometheus.firing(), LIMIT, 0.2), prometheus.firing()
            assert wait_until(lambda: "AuditParkedMany" not in prometheus.firing(), LIMIT, 0.2)
        assert consumer.stop() == 0
