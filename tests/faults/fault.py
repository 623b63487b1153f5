"""What a fault is: how it is made, what is promised, and where it can be made."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.faults.experiment import Experiment
from tests.faults.services import Where, shared

FROZEN_SECONDS = 40.0  # the consumer waits 25 s for PostgreSQL's answer, its client 30 s for Kafka's


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One line of the list. `inject` begins the fault, and ends it when its block is left.

    Always promised: every record is in the table once, the books balance, memory is bounded, and everything is caught up
    with after the end. In addition the consumer ends with `exits` (its programs that end because of the fault, in their
    order; at last it is asked to end, and exits with 0), and `alerts` fire while it lasts and clear after it.
    """

    name: str
    how: str
    inject: Callable[[Experiment], AbstractContextManager[None]]
    exits: tuple[int, ...] = ()
    alerts: frozenset[str] = frozenset()
    seconds: float = 3.0  # that it lasts at least
    where: Where = shared
    loses: bool = False  # rows that the database had: the sealer ends with 5, and is told that it was restored
    mixes: bool = True  # may be one of many under the same consumers
    sole: bool = False  # happens to the only consumer of its group: no second one is beside it
    needs: Callable[[], str] = str  # why it cannot be made here; empty where it can
    environ: Mapping[str, str] = field(default_factory=dict)
