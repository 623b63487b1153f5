"""The consumer itself: killed, stopped, frozen, and replaced."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg

from sandbox.services.process import wait_until
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import Fault
from tests.ops.load import has_joined

KILLED = -signal.SIGKILL
DOWN = frozenset({"AuditConsumerDown"})
WRITER_WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, 'audit-consumer') AND wait_event_type = 'Lock'
"""


@contextmanager
def _killed(experiment: Experiment) -> Iterator[None]:
    experiment.consumer.kill()
    experiment.ended(experiment.consumer)
    yield
    experiment.start()


def _asked(*signals: signal.Signals) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        for number in signals:
            experiment.consumer.send(number)
        experiment.ended(experiment.consumer)
        yield
        experiment.start()

    return inject


@contextmanager
def _killed_again_and_again(experiment: Experiment) -> Iterator[None]:
    for _ in range(4):
        experiment.consumer.kill()
        experiment.ended(experiment.consumer)
        program = experiment.start()
        experiment.until(lambda now=program: bool(now.logged("claimed")), "it has partitions")  # type: ignore[misc]
    yield


@contextmanager
def _asked_twice(experiment: Experiment) -> Iterator[None]:
    """While it cannot write, the orderly end that the first signal asks for waits; the next one that it handles ends it."""
    consumer, world = experiment.consumer, experiment.world
    with psycopg.connect(world.database_url) as holder:
        holder.execute("LOCK TABLE audit_event IN EXCLUSIVE MODE")
        experiment.until(lambda: bool(world.value(WRITER_WAITS)), "it waits for the lock")

        def ended() -> bool:
            consumer.send(signal.SIGTERM)
            return consumer.exit_code is not None

        assert wait_until(ended, LIMIT, 0.1), "it goes on"
    experiment.ended(consumer)
    yield
    experiment.start()


@contextmanager
def _frozen(experiment: Experiment) -> Iterator[None]:
    experiment.consumer.freeze()
    yield
    experiment.consumer.thaw()


@contextmanager
def _taken_over(experiment: Experiment) -> Iterator[None]:
    experiment.consumer.freeze()
    heir = experiment.add()
    yield
    experiment.consumer.thaw()
    experiment.others.remove(heir)
    assert heir.stop() == 0


@contextmanager
def _grown_and_shrunk(experiment: Experiment) -> Iterator[None]:
    added = [experiment.add() for _ in range(2)]
    yield
    for program in added:
        experiment.others.remove(program)
        assert program.stop() == 0


@contextmanager
def _protocol_changed(experiment: Experiment) -> Iterator[None]:
    """To classic without a moment in which the group has no member, and back with one.

    Kafka takes no member of the newer protocol beside a classic one that has been assigned partitions before: it would lose what
    cooperative-sticky keeps in its subscription. It answers that there is no such group, and the program ends with 1.
    """
    classic = {"KAFKA_CONFIG_GROUP_PROTOCOL": "classic"}
    other = experiment.add(**classic)
    assert experiment.consumer.stop() == 0
    has_joined(experiment.world, experiment.start(environ=classic))
    experiment.others.remove(other)
    assert other.stop() == 0
    assert experiment.consumer.stop() == 0
    has_joined(experiment.world, experiment.start(environ={"KAFKA_CONFIG_GROUP_PROTOCOL": "consumer"}))
    yield


@contextmanager
def _doubled(experiment: Experiment) -> Iterator[None]:
    """By an error of a deployment, two members have one group.instance.id. By the classic protocol the first one is fenced, else the second."""
    assert experiment.consumer.stop() == 0
    environ = {"KAFKA_CONFIG_GROUP_INSTANCE_ID": "audit-0"}
    first = experiment.start(environ=environ)
    has_joined(experiment.world, first)
    second = experiment.world.consumer(**environ)
    yield
    assert wait_until(lambda: None in {first.exit_code, second.exit_code} != {None}, LIMIT), "both go on, or end"
    if first.exit_code is None:
        experiment.ended(second)
    else:
        experiment.ended(first)
        assert second.stop() == 0
        experiment.start()


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
    Fault(name="consumer asked to end", how="SIGTERM under load", inject=_asked(signal.SIGTERM), exits=(0,)),
    Fault(name="consumer interrupted", how="SIGINT under load", inject=_asked(signal.SIGINT), exits=(0,)),
    Fault(
        name="consumer asked twice to end",
        how="SIGTERM while audit_event is locked, and again until it has ended",
        inject=_asked_twice,
        exits=(1,),
        mixes=False,
    ),
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
        how="from consumer to classic by members that come and go; back once all classic ones have ended",
        inject=_protocol_changed,
        environ={"KAFKA_CONFIG_GROUP_PROTOCOL": "consumer"},
        sole=True,
    ),
    Fault(
        name="one instance id for two",
        how="a second member with the same group.instance.id",
        inject=_doubled,
        exits=(1,),
        mixes=False,
    ),
)
