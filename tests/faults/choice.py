"""Which fault of a soak comes next: by a seed, of all that can be made here.

Most are made in the experiment that lasts as long as the soak, alone or two at once; in between comes one that needs an experiment of its own.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.faults.catalog import FAULTS
from tests.faults.fault import Fault
from tests.faults.pairs import pairs, together
from tests.faults.services import shared

AT_ONCE, APART = 1 / 3, 1 / 4  # of the draws; those apart take longer, about a third of the time


def accompanied(fault: Fault) -> Fault:
    """The fault where a second consumer of the group is scraped beside the one that it happens to: of two, one is gone, not all."""
    gone = {"AuditConsumerDown": "AuditInstanceGone"}
    return replace(fault, alerts=frozenset(gone.get(alert, alert) for alert in fault.alerts))


def is_mixed(fault: Fault) -> bool:
    """Whether it may be made among others, in services that all share, beside a second consumer."""
    return fault.mixes and fault.where is shared and not fault.environ and not fault.sole


HERE = [fault for fault in FAULTS if not fault.needs()]
MIXED = [accompanied(fault) for fault in HERE if is_mixed(fault)]
OWN = [fault for fault in HERE if not is_mixed(fault)]
PAIRS = pairs(MIXED)


def order(chance: random.Random) -> Iterator[tuple[Fault, bool]]:
    """Faults without end, each with whether it gets an experiment of its own; of those that do, none comes again before all have come."""
    own = _shuffled(OWN, chance)
    while True:
        if chance.random() < APART:
            yield next(own), True
        else:
            yield together(*chance.choice(PAIRS)) if chance.random() < AT_ONCE else chance.choice(MIXED), False


def _shuffled(faults: Sequence[Fault], chance: random.Random) -> Iterator[Fault]:
    while True:
        yield from chance.sample(faults, len(faults))
