"""The Schema Registry: away, silent, wrong, and asked for a schema that it does not have yet."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import schemas
from consumer.registry.fetcher import RETRY_SECONDS
from sandbox.services.tcp_proxy import GOOD, ProxyLine, TcpProxy
from tests.builders import event
from tests.e2e.world import operate
from tests.faults.catalog.logs import REASON
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.front import WRONG, Answer, Front
from tests.faults.services import with_registry
from tests.ops.load import has_joined

CE_TYPE, ANOTHER = "member.removed", "member.joined"
RECORDS = 10


def _stopped(
    harm: Callable[[TcpProxy], None], mend: Callable[[TcpProxy], None]
) -> Callable[[Experiment], AbstractContextManager[None]]:
    """Records of a schema that is not known yet wait; nothing is parked."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        services = experiment.services
        assert services.registry is not None and services.registry_link is not None
        number = services.registry.register(f"{experiment.other}-value", _schema(CE_TYPE, experiment))
        harm(services.registry_link)
        experiment.world.send(experiment.other, [event(CE_TYPE, schema_id=number) for _ in range(RECORDS)])
        yield
        mend(services.registry_link)

    return inject


@contextmanager
def _wrong(experiment: Experiment) -> Iterator[None]:
    """Whatever is no schema and no word that there is none is asked for again, every other second."""
    services = experiment.services
    assert services.registry is not None and services.registry_link is not None
    number = services.registry.register(f"{experiment.other}-value", _schema(CE_TYPE, experiment))
    with Front(services.registry.port) as front:
        services.registry_link.target = front.port
        began = time.monotonic()
        experiment.world.send(experiment.other, [event(CE_TYPE, schema_id=number) for _ in range(RECORDS)])
        experiment.until(lambda: front.asked > len(WRONG), "each wrong answer was given")
        yield
        limit = 1 + (time.monotonic() - began) / RETRY_SECONDS
        assert front.asked <= limit, f"asked {front.asked} times, at most {limit:.0f} are promised"
        front.wrong = False
        ends = experiment.world.ends()
        experiment.until(lambda: not experiment.world.behind(ends), "the right answer is taken")
    services.registry_link.target = services.registry.port


@contextmanager
def _another(experiment: Experiment) -> Iterator[None]:
    """As after a restore of the registry. Nothing is recorded by the wrong schema, which a consumer keeps for as long as it runs."""
    services, world, topic = experiment.services, experiment.world, experiment.other
    assert services.registry is not None and services.registry_link is not None
    number = services.registry.register(f"{topic}-value", _schema(CE_TYPE, experiment))
    sent = [event(CE_TYPE, schema_id=number) for _ in range(RECORDS)]
    answer = Answer(200, json.dumps({"schema": schemas.latest(ANOTHER).text}).encode())
    with Front(services.registry.port, [answer]) as front:
        services.registry_link.target = front.port
        world.send(topic, sent, "parked")
        experiment.until(lambda: world.count("parked_record") == RECORDS, "they are parked")
    services.registry_link.target = services.registry.port
    yield
    assert experiment.consumer.stop() == 0
    has_joined(world, experiment.start())
    world.send(topic, [event(CE_TYPE, schema_id=number) for _ in range(RECORDS)])
    operate(world, "parked", "replay", *(str(row["id"]) for row in world.rows("SELECT id FROM parked_record")), *REASON)
    world.recorded.update(message.identity for message in sent)


@contextmanager
def _later(experiment: Experiment) -> Iterator[None]:
    """The id is known to the producer before the registry gives it."""
    services = experiment.services
    assert services.registry is not None
    last = services.registry.register(f"{experiment.topic}-value", _schema("member.joined", experiment))
    experiment.world.send(experiment.other, [event(CE_TYPE, schema_id=last + 1) for _ in range(RECORDS)])
    yield
    assert services.registry.register(f"{experiment.other}-value", _schema(CE_TYPE, experiment)) == last + 1


def _schema(ce_type: str, experiment: Experiment) -> str:
    """One that the registry has not seen: the same text would have the same id."""
    return json.dumps({**json.loads(schemas.latest(ce_type).text), "doc": experiment.topic})


def _set(line: ProxyLine) -> Callable[[TcpProxy], None]:
    def inject(proxy: TcpProxy) -> None:
        proxy.line = line

    return inject


ALERTS = frozenset({"AuditRegistryTrouble"})
FAULTS = (
    Fault(
        name="registry refuses connections",
        how="nothing listens; its schemas are not known yet",
        inject=_stopped(TcpProxy.refuse, TcpProxy.accept),
        alerts=ALERTS,
        where=with_registry,
        mixes=False,
    ),
    Fault(
        name="registry silent",
        how="takes connections and answers nothing; its schemas are not known yet",
        inject=_stopped(_set(ProxyLine(silent=True)), _set(GOOD)),
        alerts=ALERTS,
        where=with_registry,
        mixes=False,
    ),
    Fault(
        name="registry answers wrongly",
        how="a gateway before it: 500, 429, a page, half a schema and a late 503 in turn, then the registry's own answers",
        inject=_wrong,
        alerts=ALERTS,
        where=with_registry,
        mixes=False,
    ),
    Fault(
        name="registry gives another schema",
        how="200 with the schema of another type; restarted when it gives the right one, and the parked records are replayed",
        inject=_another,
        alerts=frozenset({"AuditParkedMany"}),
        where=with_registry,
        mixes=False,
    ),
    Fault(
        name="schema comes late",
        how="registered seconds after its records",
        inject=_later,
        where=with_registry,
        mixes=False,
    ),
)
