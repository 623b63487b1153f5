"""Transactions of producers: left open; committed and aborted, of two producers that take turns in one partition."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from tests.builders import events
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault

ROUNDS = 20


@contextmanager
def _open(experiment: Experiment) -> Iterator[None]:
    """What comes after an open transaction waits; what was in it is not recorded if it is aborted."""
    world, topic = experiment.world, experiment.other
    producer = _transactional(experiment, "open")
    producer.begin_transaction()
    world.send(topic, events(5), "undelivered", producer=producer)
    world.send(topic, events(5), producer=world.producer())
    yield
    producer.abort_transaction(30)
    world.expected["undelivered"] += 1  # the mark


@contextmanager
def _interleaved(experiment: Experiment) -> Iterator[None]:
    """In each round one of the two commits and the other aborts; which of them, and who ends first, changes from round to round.

    Records without a transaction lie between theirs.
    """
    world, topic = experiment.world, experiment.other
    pair, plain = [_transactional(experiment, name) for name in ("first", "second")], world.producer()
    for number in range(ROUNDS):
        outcomes = ("recorded", "undelivered") if number % 2 else ("undelivered", "recorded")
        for producer in pair:
            producer.begin_transaction()
        for _ in range(3):
            for producer, outcome in zip(pair, outcomes, strict=True):
                world.send(topic, events(2), outcome, producer=producer)
            world.send(topic, events(1), producer=plain)
        ends = list(zip(pair, outcomes, strict=True))
        for producer, outcome in reversed(ends) if number // 2 % 2 else ends:
            _end(producer, commit=outcome == "recorded")
            world.expected["undelivered"] += 1  # the mark
    total = ROUNDS * (3 * (2 + 2 + 1) + 2)
    experiment.until(lambda: world.ends()[topic, 0] == total, "the marks are written")
    yield


def _transactional(experiment: Experiment, name: str) -> Producer:
    producer = experiment.world.producer(transactional_id=f"{experiment.other}-{name}")
    producer.init_transactions(30)
    return producer


def _end(producer: Producer, *, commit: bool) -> None:
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


FAULTS = (
    Fault(
        name="transaction left open",
        how="a producer that does not end its transaction; aborted later",
        inject=_open,
        alerts=frozenset({"AuditOpenTransaction"}),
        mixes=False,
    ),
    Fault(
        name="transactions interleaved",
        how="two producers take turns in one partition, 20 times: one commits, the other aborts; others' records between",
        inject=_interleaved,
        mixes=False,
    ),
)
