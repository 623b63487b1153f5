"""The network, by our own TCP proxy: the same conditions between the consumer and Kafka, and between it and PostgreSQL."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sandbox.services.tcp_proxy import GOOD, ProxyLine, TcpProxy
from tests.faults.experiment import Experiment
from tests.faults.fault import FROZEN_SECONDS, Fault

# After 10 s, then every 5 s, three times (runtime/postgres/session.py).
PROBED_SECONDS = 25.0
# A session's first statements are a few thousand bytes, a batch's rows are tens of thousands.
ASKED, CUTS = 15_000, 3
CUT = re.compile(rb"connection reset by peer\n[^\n]*CONTEXT: +COPY \w+, line \d+", re.IGNORECASE)

Inject = Callable[[Experiment], AbstractContextManager[None]]
Link = Callable[[Experiment], TcpProxy]


def _kafka(experiment: Experiment) -> TcpProxy:
    return experiment.services.kafka_link


def _database(experiment: Experiment) -> TcpProxy:
    return experiment.services.database_link


def _bad(link: Link, line: ProxyLine) -> Inject:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        proxy = link(experiment)
        proxy.line = line
        yield
        proxy.line = GOOD

    return inject


def _reset(link: Link, every: float) -> Inject:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        proxy, enough = link(experiment), threading.Event()

        def reset() -> None:
            while not enough.wait(every):
                proxy.reset()

        resetting = threading.Thread(target=reset)
        resetting.start()
        yield
        enough.set()
        resetting.join()

    return inject


@contextmanager
def _half_open_to_kafka(experiment: Experiment) -> Iterator[None]:
    """It is over at once: new connections work. What takes time is that the old ones are given up."""
    _kafka(experiment).forget()
    yield


@contextmanager
def _half_open_to_postgresql(experiment: Experiment) -> Iterator[None]:
    """The same. PostgreSQL loses them when probes are not answered, for as long as our sessions have it probe.

    In the midst of a seal a sealer waits for up to an hour for an answer, as in a first sealing; here it is between two.
    """
    with experiment.beside.sealer.between_seals(experiment.world):
        _database(experiment).forget(server_notices=PROBED_SECONDS)
    yield


@contextmanager
def _cut_off_in_an_insert(experiment: Experiment) -> Iterator[None]:
    """The server has got some of the rows of a COPY; its log says so."""
    server = experiment.services.postgres
    before = server.log.stat().st_size
    _database(experiment).line = ProxyLine(reset_after_asked=ASKED)

    def cut() -> bool:
        with server.log.open("rb") as log:
            log.seek(before)
            return len(CUT.findall(log.read())) >= CUTS

    experiment.until(cut, "rows are cut off")
    yield
    _database(experiment).line = GOOD


def _refused(link: Link) -> Inject:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        link(experiment).refuse()
        yield
        link(experiment).accept()

    return inject


def _faults(who: str, link: Link, half_open: Inject, alert: str) -> Iterator[Fault]:
    alerts = frozenset({alert})
    yield Fault(
        name=f"slow network to {who}", how="300 ms each way", inject=_bad(link, ProxyLine(delay=0.3)), seconds=6
    )
    yield Fault(
        name=f"narrow network to {who}",
        how="100 kB/s",
        inject=_bad(link, ProxyLine(bytes_per_second=100_000)),
        seconds=6,
    )
    yield Fault(
        name=f"sliced network to {who}", how="200 bytes at a time", inject=_bad(link, ProxyLine(piece=200)), seconds=6
    )
    yield Fault(
        name=f"{who} silent",
        how="nothing passes, no connection ends",
        inject=_bad(link, ProxyLine(silent=True)),
        alerts=alerts,
        seconds=FROZEN_SECONDS,
    )
    yield Fault(
        name=f"half-open connections to {who}",
        how="they take everything and answer nothing; new ones work",
        inject=half_open,
    )
    yield Fault(name=f"connections to {who} reset", how="RST every second", inject=_reset(link, 1.0), seconds=6)
    yield Fault(
        name=f"answers of {who} cut off",
        how="RST after each 3,000 bytes of answers",
        inject=_bad(link, ProxyLine(reset_after=3000)),
        seconds=6,
    )
    yield Fault(name=f"{who} refuses connections", how="nothing listens", inject=_refused(link), alerts=alerts)


TO_KAFKA = (*_faults("Kafka", _kafka, _half_open_to_kafka, "AuditKafkaTrouble"),)
TO_POSTGRESQL = (
    *_faults("PostgreSQL", _database, _half_open_to_postgresql, "AuditDatabaseTrouble"),
    Fault(
        name="rows to PostgreSQL cut off",
        how=f"RST after each {ASKED:,} bytes that are sent to it, {CUTS} times within a COPY",
        inject=_cut_off_in_an_insert,
        alerts=frozenset({"AuditDatabaseTrouble"}),
        mixes=False,
    ),
)
FAULTS = (*TO_KAFKA, *TO_POSTGRESQL)
