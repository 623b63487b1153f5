"""The consumer itself: killed, stopped, frozen, and replaced."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.faults.fault import Fault
from tests.faults.scene import Scene
from tests.ops.load import has_joined

KILLED = -signal.SIGKILL
DOWN = frozenset({"AuditConsumerDown"})


@contextmanager
def _killed(scene: Scene) -> Iterator[None]:
    scene.consumer.kill()
    scene.ended(scene.consumer)
    yield
    scene.start()


def _asked(*signals: signal.Signals) -> Callable[[Scene], AbstractContextManager[None]]:
    @contextmanager
    def inject(scene: Scene) -> Iterator[None]:
        for number in signals:
            scene.consumer.send(number)
        scene.ended(scene.consumer)
        yield
        scene.start()

    return inject


@contextmanager
def _killed_again_and_again(scene: Scene) -> Iterator[None]:
    for _ in range(4):
        scene.consumer.kill()
        scene.ended(scene.consumer)
        program = scene.start()
        scene.until(lambda now=program: bool(now.logged("claimed")), "it has partitions")  # type: ignore[misc]
    yield


def _killed_at(point: str) -> Callable[[Scene], AbstractContextManager[None]]:
    """By itself, at a point of its code that no signal from outside can hit."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[None]:
        assert scene.consumer.stop() == 0
        scene.ended(scene.start(failpoint=[point, "kill"]))
        yield
        scene.start()

    return inject


@contextmanager
def _frozen(scene: Scene) -> Iterator[None]:
    scene.consumer.freeze()
    yield
    scene.consumer.thaw()


@contextmanager
def _taken_over(scene: Scene) -> Iterator[None]:
    scene.consumer.freeze()
    heir = scene.add()
    yield
    scene.consumer.thaw()
    scene.others.remove(heir)
    assert heir.stop() == 0


@contextmanager
def _grown_and_shrunk(scene: Scene) -> Iterator[None]:
    added = [scene.add() for _ in range(2)]
    yield
    for program in added:
        scene.others.remove(program)
        assert program.stop() == 0


@contextmanager
def _protocol_changed(scene: Scene) -> Iterator[None]:
    """Without a moment in which the group has no member."""
    for protocol in ("classic", "consumer"):
        other = scene.add(KAFKA_CONFIG_GROUP_PROTOCOL=protocol)
        assert scene.consumer.stop() == 0
        scene.start(environ={"KAFKA_CONFIG_GROUP_PROTOCOL": protocol})
        has_joined(scene.world, scene.consumer)
        scene.others.remove(other)
        assert other.stop() == 0
    yield


@contextmanager
def _doubled(scene: Scene) -> Iterator[None]:
    """By an error of a deployment, two members have one group.instance.id."""
    assert scene.consumer.stop() == 0
    one = {"KAFKA_CONFIG_GROUP_INSTANCE_ID": "audit-0"}
    first = scene.start(environ=one)
    has_joined(scene.world, first)
    second = scene.world.consumer(**one)
    yield
    scene.ended(second)


FAULTS = (
    Fault(
        name="consumer killed",
        how="SIGKILL; another one is started later",
        inject=_killed,
        exits=(KILLED,),
        alerts=DOWN,
    ),
    Fault(
        name="consumer killed again and again",
        how="SIGKILL four times, each as soon as it has partitions",
        inject=_killed_again_and_again,
        exits=(KILLED,) * 4,
    ),
    Fault(
        name="consumer killed in a transaction",
        how="SIGKILL to itself between its rows and COMMIT",
        inject=_killed_at("before_commit:5"),
        exits=(KILLED,),
    ),
    Fault(
        name="consumer killed after a COMMIT",
        how="SIGKILL to itself before Kafka is told of the offset",
        inject=_killed_at("after_commit:5"),
        exits=(KILLED,),
    ),
    Fault(name="consumer asked to end", how="SIGTERM under load", inject=_asked(signal.SIGTERM), exits=(0,)),
    Fault(name="consumer interrupted", how="SIGINT under load", inject=_asked(signal.SIGINT), exits=(0,)),
    Fault(name="consumer frozen", how="SIGSTOP longer than its session, then SIGCONT", inject=_frozen, alerts=DOWN),
    Fault(
        name="consumer frozen and taken over",
        how="SIGSTOP; another member takes its partitions; SIGCONT, and the other one leaves",
        inject=_taken_over,
    ),
    Fault(
        name="group grown and shrunk", how="two members join under load, and leave by SIGTERM", inject=_grown_and_shrunk
    ),
    Fault(
        name="group protocol changed",
        how="from consumer to classic and back, by members that come and go",
        inject=_protocol_changed,
    ),
    Fault(
        name="one instance id for two",
        how="a second member with the same group.instance.id",
        inject=_doubled,
        exits=(1,),
        mixes=False,
    ),
)
