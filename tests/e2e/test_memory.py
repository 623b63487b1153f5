"""A backlog that compresses well does not take more memory than any other (decision 149)."""

import uuid

from sandbox.services.process_status import peak_bytes
from tests.e2e.world import World
from tests.faults.large import large

MIB = 1024 * 1024
RECORDS = 256
GROWTH = 136 * MIB  # what a consumer takes beside what it had at its start, with records of a MiB


def test_a_backlog_that_compresses_well_fits_into_memory(world: World) -> None:
    """The broker has 256 MiB in a few answers of a quarter of a MiB, which the client unpacks."""
    topic = world.topic(partitions=1)
    record = large(MIB)
    records = [record.with_headers(ce_id=str(uuid.uuid4())) for _ in range(RECORDS)]
    world.send(topic, records, producer=world.producer(compression_type="zstd"))
    consumer = world.consumer()
    assert consumer.pid is not None
    before = peak_bytes(consumer.pid)
    world.until_read(consumer)
    grown = peak_bytes(consumer.pid) - before
    assert consumer.stop() == 0
    world.check()
    assert grown < GROWTH, f"{grown // MIB} MiB"
