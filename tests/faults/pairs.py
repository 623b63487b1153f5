"""Two faults at once: which may be, and one made of two.

Not combined, because the one could not be made, or what it promises not be seen, while the other lasts:
* two of the same side: of Kafka, of PostgreSQL, or of the consumer itself;
* what needs a consumer at work (one that is killed in a transaction, a group that grows, moved offsets) with what keeps it from working:
  with slow, narrow and sliced networks only;
* what is not mixed at all in a soak.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sandbox.services.process import wait_until
from tests.faults.catalog import broker, database, network
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import Fault

KAFKA = {fault.name for fault in (*broker.FAULTS, *network.TO_KAFKA)}
POSTGRESQL = {fault.name for fault in (*database.FAULTS, *network.TO_POSTGRESQL)}
HINDERS = ("slow network", "narrow network", "sliced network")
ANY_TIME = {"consumer killed", "consumer asked to end", "consumer interrupted", "consumer frozen"}


def pairs(faults: Sequence[Fault]) -> list[tuple[Fault, Fault]]:
    """Those that may be made at once, first the one that begins first: it is of the surroundings."""
    return [(first, second) for first in faults for second in faults if may_overlap(first, second)]


def may_overlap(first: Fault, second: Fault) -> bool:
    """Whether `second` can begin while `first` lasts."""
    if _side(first) == _side(second) or _side(first) == "consumer":
        return False
    return _side(second) != "consumer" or second.name in ANY_TIME or first.name.startswith(HINDERS)


def together(first: Fault, second: Fault) -> Fault:
    """Both: `second` begins when the alerts of `first` fire, and ends before it. What both promise is promised."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        with first.inject(experiment):
            fired = wait_until(lambda: first.alerts <= experiment.prometheus.firing(), LIMIT, 0.1)
            assert fired, f"not fired: {sorted(first.alerts - experiment.prometheus.firing())}"
            with second.inject(experiment):
                yield

    return Fault(
        name=f"{first.name} + {second.name}",
        how=f"{first.how}; meanwhile: {second.how}",
        inject=inject,
        exits=first.exits + second.exits,
        alerts=first.alerts | second.alerts,
        seconds=max(first.seconds, second.seconds),
    )


def _side(fault: Fault) -> str:
    return "Kafka" if fault.name in KAFKA else "PostgreSQL" if fault.name in POSTGRESQL else "consumer"
