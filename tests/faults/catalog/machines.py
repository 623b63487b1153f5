"""Between machines: delay, loss, disorder, and one that is cut off, under several consumers while two readers are asked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from sandbox.services.network import missing
from sandbox.services.network_line import LineQuality
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.machines import ALL, BROKERS, CONSUMERS, DATABASE, Machines
from tests.faults.readers import Reader, asked
from tests.faults.services import machines

# Connections are given up after 15 s without an answer of the other machine. PostgreSQL is not told, and still has the sessions.
GIVEN_UP_SECONDS = 25.0
SERVERS = (*BROKERS, DATABASE)

Inject = Callable[[Experiment], AbstractContextManager[None]]


def _bad(consumers: int, quality: LineQuality, lines: Sequence[str] = ALL) -> Inject:
    """These lines are bad. What Kafka has at the end is read before they are good again."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        with _in_use(experiment, consumers) as apart:
            apart.network.line(*lines, quality=quality)
            try:
                yield
                ends = experiment.world.ends()
                experiment.until(lambda: not experiment.world.behind(ends), "it is read on these lines")
            finally:
                apart.network.line(*lines)
        _answered(experiment)

    return inject


def _disordered(*, doubled: float, late: float) -> Inject:
    """These shares of packets on the lines of brokers and PostgreSQL; the kernel of each has noticed both."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        apart = _machines(experiment)
        before = {name: apart.tcp_counts(name) for name in SERVERS}
        with _bad(4, LineQuality(doubled=doubled, late=late), SERVERS)(experiment):
            yield
        for name in SERVERS:
            counts = apart.tcp_counts(name) - before[name]
            assert counts["TCPOFOQueue"] > 0, f"all segments reached {name} in order"
            # Where the line doubles nothing, only a segment that was sent again is reported as a duplicate (RFC 2883).
            reported, again = counts["TCPDSACKRecv"] + counts["TCPDSACKOfoRecv"], counts["RetransSegs"]
            assert reported > again, f"{name}: {reported} duplicates reported, {again} segments sent again"

    return inject


def _cut_off(machine: str) -> Inject:
    """No packet passes to or from the machine, while what runs there runs on."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        with _in_use(experiment, 2) as apart:
            apart.network.line(machine, quality=LineQuality(loss=1.0))
            try:
                yield
            finally:
                apart.network.line(machine)
            shown = [len(reader.totals) for reader in experiment.readers]
            experiment.until(lambda: _answer_again(experiment, shown), "readers answer again")
        if machine != DATABASE:
            _answered(experiment)

    return inject


def _answer_again(experiment: Experiment, shown: list[int]) -> bool:
    return all(len(reader.totals) > number for reader, number in zip(experiment.readers, shown, strict=True))


@contextmanager
def _in_use(experiment: Experiment, consumers: int) -> Iterator[Machines]:
    """So many consumers have partitions, and both readers answer and are asked again and again; each reader answers after it, too."""
    for number in range(1, consumers):
        experiment.add(AUDIT_METRICS_BIND=experiment.metrics(number))
    experiment.prometheus.set_targets([experiment.metrics(number) for number in range(consumers)])
    apart = _machines(experiment)
    _start_readers(experiment)
    with asked(*(reader.ask for reader in experiment.readers)):
        experiment.until(lambda: _answer_again(experiment, [0, 0]), "readers answer")
        before = [len(reader.totals) for reader in experiment.readers]
        yield apart
    assert _answer_again(experiment, before), "a reader no longer answers"


def _answered(experiment: Experiment) -> None:
    for reader in experiment.readers:
        assert reader.statuses.keys() == {200}, f"{reader.host} answers {reader.statuses}"


def _machines(experiment: Experiment) -> Machines:
    assert experiment.services.machines is not None
    return experiment.services.machines


def _start_readers(experiment: Experiment) -> None:
    url = experiment.services.postgres.url(experiment.services.database)
    for machine in _machines(experiment).readers:
        experiment.readers.append(experiment.running.enter_context(Reader(url, machine)))


def _fault(name: str, how: str, inject: Inject, *alerts: str, seconds: float = 5) -> Fault:
    return Fault(
        name=name, how=how, inject=inject, alerts=frozenset(alerts), seconds=seconds, where=machines, mixes=False,
        needs=missing,
    )  # fmt: skip


FAULTS = (
    _fault(
        "machines 1 ms apart",
        "two consumers, two readers; 1 ms each way between any two",
        _bad(2, LineQuality(delay=0.0005)),
    ),
    _fault(
        "machines 10 ms apart",
        "four consumers, two readers; 10 ms each way between any two",
        _bad(4, LineQuality(delay=0.005)),
    ),
    _fault(
        "packets lost between machines",
        "four consumers, two readers; 1 % of packets on each line, and 1 ms each way",
        _bad(4, LineQuality(delay=0.0005, loss=0.01)),
    ),
    _fault(
        "packets doubled and out of order between machines",
        "four consumers, two readers; on the lines of brokers and PostgreSQL 5 % of packets are doubled, and 20 % are 5 ms late",
        _disordered(doubled=0.05, late=0.2),
    ),
    _fault(
        "a consumer's machine cut off",
        "two consumers, two readers; nothing passes between the second one's machine and the others",
        _cut_off(CONSUMERS[1]),
        "AuditInstanceGone",
        seconds=10,
    ),
    _fault(
        "a broker's machine cut off",
        "two consumers, two readers, three brokers; nothing passes between one broker's machine and the others",
        _cut_off(BROKERS[1]),
        seconds=15,
    ),
    _fault(
        "PostgreSQL's machine cut off",
        "two consumers, two readers; nothing passes between its machine and the others until their connections are given up",
        _cut_off(DATABASE),
        "AuditDatabaseTrouble",
        seconds=GIVEN_UP_SECONDS,
    ),
)  # fmt: skip
