"""The Schema Registry: away, silent, wrong, and asked for a schema that it does not have yet."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import schemas
from consumer.registry.fetcher import RETRY_SECONDS
from sandbox.services.tcp_proxy import GOOD, Line, TcpProxy
from tests.builders import event
from tests.faults.fault import Fault
from tests.faults.front import WRONG, Front
from tests.faults.place import with_registry
from tests.faults.scene import Scene

CE_TYPE = "member.removed"
RECORDS = 10


def _away(
    harm: Callable[[TcpProxy], None], mend: Callable[[TcpProxy], None]
) -> Callable[[Scene], AbstractContextManager[None]]:
    """Records of a schema that is not known yet wait; nothing is parked."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[None]:
        place = scene.place
        assert place.registry is not None and place.registry_link is not None
        number = place.registry.register(f"{scene.other}-value", _schema(CE_TYPE, scene))
        harm(place.registry_link)
        scene.world.send(scene.other, [event(CE_TYPE, schema_id=number) for _ in range(RECORDS)])
        yield
        mend(place.registry_link)

    return inject


@contextmanager
def _wrong(scene: Scene) -> Iterator[None]:
    """Whatever is no schema and no word that there is none is asked for again, every other second."""
    place = scene.place
    assert place.registry is not None and place.registry_link is not None
    number = place.registry.register(f"{scene.other}-value", _schema(CE_TYPE, scene))
    with Front(place.registry.port) as front:
        place.registry_link.target = front.port
        began = time.monotonic()
        scene.world.send(scene.other, [event(CE_TYPE, schema_id=number) for _ in range(RECORDS)])
        scene.until(lambda: front.asked > len(WRONG), "each wrong answer was given")
        yield
        most = 1 + (time.monotonic() - began) / RETRY_SECONDS
        assert front.asked <= most, f"asked {front.asked} times, at most {most:.0f} are promised"
        front.wrong = False
        ends = scene.world.ends()
        scene.until(lambda: not scene.world.behind(ends), "the right answer is taken")
    place.registry_link.target = place.registry.port


@contextmanager
def _later(scene: Scene) -> Iterator[None]:
    """The id is known to the producer before the registry gives it."""
    place = scene.place
    assert place.registry is not None
    last = place.registry.register(f"{scene.topic}-value", _schema("member.joined", scene))
    scene.world.send(scene.other, [event(CE_TYPE, schema_id=last + 1) for _ in range(RECORDS)])
    yield
    assert place.registry.register(f"{scene.other}-value", _schema(CE_TYPE, scene)) == last + 1


def _schema(ce_type: str, scene: Scene) -> str:
    """One that the registry has not seen: the same text would have the same id."""
    return json.dumps({**json.loads(schemas.latest(ce_type).text), "doc": scene.topic})


def _set(line: Line) -> Callable[[TcpProxy], None]:
    def inject(proxy: TcpProxy) -> None:
        proxy.line = line

    return inject


TOLD = frozenset({"AuditRegistryTrouble"})
FAULTS = (
    Fault(
        name="registry refuses connections",
        how="nothing listens; its schemas are not known yet",
        inject=_away(TcpProxy.refuse, TcpProxy.accept),
        alerts=TOLD,
        where=with_registry,
        mixes=False,
    ),
    Fault(
        name="registry silent",
        how="takes connections and answers nothing; its schemas are not known yet",
        inject=_away(_set(Line(silent=True)), _set(GOOD)),
        where=with_registry,
        mixes=False,
        seconds=8,
    ),
    Fault(
        name="registry answers wrongly",
        how="a gateway before it: 500, 429, a page, half a schema and a late 503 in turn, then the registry's own answers",
        inject=_wrong,
        alerts=TOLD,
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
