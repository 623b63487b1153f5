"""The list of faults, by what they happen to.

processes  the consumer killed, stopped, frozen, taken over
steps      the consumer killed at each step of its loop, or at random; frozen within a transaction
network    what is between the consumer and Kafka, and between it and PostgreSQL
broker     Kafka stopped, frozen, full; several brokers
logs       what happens to topics: trimmed, re-created, grown; bad records
transactions  of producers: left open, committed, aborted
damage     a broker's log that lost its end, or is damaged
expiry     records and offsets that Kafka deletes by itself
database   PostgreSQL stopped, frozen, locked
disk       PostgreSQL's disk: full, slow, failing
access     logins, grants, a missing column, and poolers
failover   another server takes PostgreSQL's place, with rows missing
needs      what a fault needs of the machine
limits     memory, files, and where the log goes
clocks     of the database and of the consumer, off by an hour
registry   the Schema Registry
machines   several machines: slow and lossy lines between them, and one that is cut off
"""

from collections.abc import Sequence

from tests.faults.catalog import (
    access,
    broker,
    clocks,
    damage,
    database,
    disk,
    expiry,
    failover,
    limits,
    logs,
    machines,
    network,
    processes,
    registry,
    steps,
    transactions,
)
from tests.faults.fault import Fault

FAULTS: Sequence[Fault] = (
    *processes.FAULTS,
    *steps.FAULTS,
    *network.FAULTS,
    *broker.FAULTS,
    *logs.FAULTS,
    *transactions.FAULTS,
    *damage.FAULTS,
    *expiry.FAULTS,
    *database.FAULTS,
    *disk.FAULTS,
    *access.FAULTS,
    *failover.FAULTS,
    *limits.FAULTS,
    *clocks.FAULTS,
    *registry.FAULTS,
    *machines.FAULTS,
)
