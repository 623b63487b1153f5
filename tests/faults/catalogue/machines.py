"""Between machines: delay and loss, under several consumers while two readers are asked."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sandbox.services.network import missing
from tests.faults.fault import Fault
from tests.faults.machines import ALL, Machines
from tests.faults.place import machines
from tests.faults.readers import Reader, asked
from tests.faults.scene import Scene


def _bad(consumers: int, *, delay: float = 0.0, loss: float = 0.0) -> Callable[[Scene], AbstractContextManager[None]]:
    """All lines are bad. What Kafka has at the end is read before they are good again."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[None]:
        for number in range(1, consumers):
            scene.add(AUDIT_METRICS_BIND=scene.metrics(number))
        scene.prometheus.look_at([scene.metrics(number) for number in range(consumers)])
        apart = _machines(scene)
        _start_readers(scene)
        with asked(scene.readers):
            scene.until(lambda: all(reader.totals for reader in scene.readers), "readers answer")
            before = [len(reader.totals) for reader in scene.readers]
            apart.network.line(*ALL, delay=delay, loss=loss)
            try:
                yield
                ends = scene.world.ends()
                scene.until(lambda: not scene.world.behind(ends), "it is read on these lines")
            finally:
                apart.network.line(*ALL)
        for reader, number in zip(scene.readers, before, strict=True):
            assert reader.statuses.keys() == {200}, f"{reader.host} answers {reader.statuses}"
            assert len(reader.totals) > number, f"{reader.host} no longer answers"

    return inject


def _machines(scene: Scene) -> Machines:
    assert scene.place.machines is not None
    return scene.place.machines


def _start_readers(scene: Scene) -> None:
    url = scene.place.postgres.url(scene.place.database)
    for machine in _machines(scene).readers:
        scene.readers.append(scene.running.enter_context(Reader(url, machine)))


def _fault(name: str, how: str, inject: Callable[[Scene], AbstractContextManager[None]]) -> Fault:
    return Fault(name=name, how=how, inject=inject, seconds=5, where=machines, mixes=False, needs=missing)


FAULTS = (
    _fault("machines 1 ms apart", "two consumers, two readers; 1 ms each way between any two", _bad(2, delay=0.0005)),
    _fault(
        "machines 10 ms apart", "four consumers, two readers; 10 ms each way between any two", _bad(4, delay=0.005)
    ),
    _fault(
        "packets lost between machines",
        "four consumers, two readers; 1 % of packets on each line, and 1 ms each way",
        _bad(4, delay=0.0005, loss=0.01),
    ),
)  # fmt: skip
