"""Between machines: delay, loss, and machines that are cut off, under several consumers while two readers are asked."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sandbox.services.network import missing
from tests.faults.fault import Fault
from tests.faults.machines import ALL, CONSUMERS, DATABASE, Machines
from tests.faults.place import machines
from tests.faults.readers import Reader, asked
from tests.faults.scene import Scene

CUT = 1.0
ANSWERED, ALSO_UNAVAILABLE = frozenset({200}), frozenset({200, 503, 0})


def _bad(
    which: Callable[[Scene], tuple[str, ...]],
    consumers: int,
    *,
    delay: float = 0.0,
    loss: float = 0.0,
    caught_up: bool = True,
    answers: frozenset[int] = ANSWERED,
) -> Callable[[Scene], AbstractContextManager[None]]:
    """These machines' lines are bad. All that Kafka has at the end is read before they are good again, if `caught_up`."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[None]:
        for number in range(1, consumers):
            scene.add(AUDIT_METRICS_BIND=scene.metrics(number))
        scene.prometheus.look_at([scene.metrics(number) for number in range(consumers)])
        apart, names = _machines(scene), which(scene)
        _start_readers(scene)
        with asked(scene.readers):
            scene.until(lambda: all(reader.totals for reader in scene.readers), "readers answer")
            before = [len(reader.totals) for reader in scene.readers]
            apart.network.line(*names, delay=delay, loss=loss)
            try:
                yield
                if caught_up:
                    ends = scene.world.ends()
                    scene.until(lambda: not scene.world.behind(ends), "it is read on these lines")
            finally:
                apart.network.line(*names)
        for reader, number in zip(scene.readers, before, strict=True):
            assert reader.statuses.keys() <= answers, f"{reader.host} answers {reader.statuses}"
            assert len(reader.totals) > number or answers != ANSWERED, f"{reader.host} no longer answers"

    return inject


def _machines(scene: Scene) -> Machines:
    assert scene.place.machines is not None
    return scene.place.machines


def _start_readers(scene: Scene) -> None:
    url = scene.place.postgres.url(scene.place.database)
    for machine in _machines(scene).readers:
        scene.readers.append(scene.running.enter_context(Reader(url, machine)))


def _all(_: Scene) -> tuple[str, ...]:
    return ALL


def _consumer(_: Scene) -> tuple[str, ...]:
    return CONSUMERS[:1]


def _database(_: Scene) -> tuple[str, ...]:
    return (DATABASE,)


def _leader(scene: Scene) -> tuple[str, ...]:
    topic = scene.topic
    leader = scene.world.admin.list_topics(topic, timeout=10).topics[topic].partitions[0].leader
    return (f"broker {leader}",)


def _fault(
    name: str, how: str, inject: Callable[[Scene], AbstractContextManager[None]], alerts: tuple[str, ...] = ()
) -> Fault:
    return Fault(
        name=name, how=how, inject=inject, alerts=frozenset(alerts), seconds=5, where=machines, mixes=False, needs=missing
    )  # fmt: skip


FAULTS = (
    _fault("machines 1 ms apart", "two consumers, two readers; 1 ms each way between any two", _bad(_all, 2, delay=0.0005)),
    _fault(
        "machines 10 ms apart", "four consumers, two readers; 10 ms each way between any two", _bad(_all, 4, delay=0.005)
    ),
    _fault(
        "packets lost between machines",
        "four consumers, two readers; 1 % of packets on each line, and 1 ms each way",
        _bad(_all, 4, delay=0.0005, loss=0.01),
    ),
    _fault(
        "a consumer's machine cut off",
        "every packet is lost for longer than its session; another one on its own machine takes over",
        _bad(_consumer, 2, loss=CUT),
        ("AuditConsumerDown",),
    ),
    _fault(
        "a broker's machine cut off",
        "of three; it leads a partition; four consumers; every packet is lost",
        _bad(_leader, 4, loss=CUT),
    ),
    _fault(
        "the database's machine cut off",
        "two consumers, two readers; every packet is lost",
        _bad(_database, 2, loss=CUT, caught_up=False, answers=ALSO_UNAVAILABLE),
        ("AuditDatabaseTrouble",),
    ),
)  # fmt: skip
