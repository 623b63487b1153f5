"""Headers by librdkafka's own functions: what keeps them from being read is said in time (a real record: tests/e2e/test_parking)."""

import time

import pytest

from consumer.kafka.raw_headers import RawHeadersUnavailable, read_raw_headers

NOBODY = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}


def test_a_broker_that_is_unavailable_is_not_waited_for() -> None:
    """The whole question ends soon after its time, whatever the client has under way."""
    began = time.monotonic()
    with pytest.raises(RawHeadersUnavailable):
        read_raw_headers(NOBODY, "t", 0, 7, seconds=0.5)
    assert time.monotonic() - began < 10


def test_a_member_s_properties_are_taken() -> None:
    """Those that only one protocol of a group knows are left out; one that no client knows is refused in words."""
    member = {"session.timeout.ms": "60000", "group.protocol": "consumer", "group.remote.assignor": "uniform"}
    with pytest.raises(RawHeadersUnavailable, match=r"no record|down|failure|[Tt]imed out"):
        read_raw_headers({**NOBODY, **member}, "t", 0, 7, seconds=0.2)
    short = {"max.poll.interval.ms": "10000", "session.timeout.ms": "6000", "heartbeat.interval.ms": "1000"}
    with pytest.raises(RawHeadersUnavailable, match=r"no record|down|failure|[Tt]imed out"):
        read_raw_headers({**NOBODY, **short}, "t", 0, 7, seconds=0.2)
    with pytest.raises(RawHeadersUnavailable, match=r"audit\.no\.property"):
        read_raw_headers({**NOBODY, "audit.no.property": "1"}, "t", 0, 7, seconds=0.2)
