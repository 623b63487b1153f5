"""What a process is given: memory, open files, a clock, a place for its log and its spans; and a record that kills it."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.builders import Message, event, example
from tests.e2e.silent import Silent, full_pipe
from tests.faults.catalogue.needs import CGROUP, FAKETIME, faketime, memory_group
from tests.faults.fault import Fault
from tests.faults.place import Place, database
from tests.faults.scene import Scene

MIB = 1024 * 1024
BACKLOG = 200  # records of a MiB
GROUP_LIMIT = 300 * MIB
HOUR = 3600
DEADLY = "the record that kills its decoder"
SHIFTED = {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@contextmanager
def _little_memory(scene: Scene) -> Iterator[None]:
    """A backlog of large records is read by a consumer in a cgroup that kills whoever takes more."""
    world, group = scene.world, CGROUP / f"callmine-faults-{os.getpid()}"
    assert scene.consumer.stop() == 0
    for _ in range(BACKLOG // 10):
        world.send(scene.other, [_large() for _ in range(10)])
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(GROUP_LIMIT))
        program = scene.start()
        (group / "cgroup.procs").write_text(str(program.pid))
        scene.until(lambda: not world.behind(world.ends()), "it has read everything")
        yield
        (CGROUP / "cgroup.procs").write_text(str(program.pid))
    finally:
        group.rmdir()


@contextmanager
def _no_more_files(scene: Scene) -> Iterator[None]:
    """No file can be opened: a session that ends cannot be replaced."""
    pid = scene.consumer.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    scene.place.database_link.reset()
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def _restarted(
    way: Callable[[Scene], AbstractContextManager[dict[str, str]]],
) -> Callable[[Scene], AbstractContextManager[None]]:
    """A consumer that is started in some surroundings, and at the end in the usual ones."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[None]:
        assert scene.consumer.stop() == 0
        with way(scene) as environ:
            scene.start(environ=environ)
            scene.world.stderr = None
            yield
            assert scene.consumer.stop() == 0
        scene.start()

    return inject


@contextmanager
def _nobody_reads_the_log(scene: Scene) -> Iterator[dict[str, str]]:
    with full_pipe() as stderr:
        scene.world.stderr = stderr
        yield {}


@contextmanager
def _log_is_gone(scene: Scene) -> Iterator[dict[str, str]]:
    reading, writing = os.pipe()
    os.close(reading)
    scene.world.stderr = writing
    yield {}
    os.close(writing)


@contextmanager
def _collector_hangs(scene: Scene) -> Iterator[dict[str, str]]:
    collector = Silent()
    yield {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "100"}
    collector.close()


@contextmanager
def _deadly(scene: Scene) -> Iterator[None]:
    """Whoever decodes it dies, child processes too: after three deaths it is parked, and all that is behind it is read."""
    world = scene.world
    assert scene.consumer.stop() == 0
    scene.start(failpoint=["deadly", DEADLY])
    world.send(scene.other, [event().with_headers(ce_id=DEADLY)], "parked")
    world.send(scene.other, [event()])
    yield
    for number in (row["id"] for row in world.rows("SELECT id FROM parked_record")):
        world.consumer("parked", "dismiss", str(number), "--reason", "made by make faults").wait()


@contextmanager
def _other_clock(base: Place, seconds: int) -> Iterator[Place]:
    """A database whose clock is another one than the consumer's."""
    given = {**SHIFTED, "LD_PRELOAD": str(FAKETIME[0]), "FAKETIME": f"{seconds:+d}s"}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        running = database(base)
        place = running.__enter__()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    yield place
    running.__exit__(None, None, None)


@contextmanager
def _nothing(scene: Scene) -> Iterator[None]:
    """The fault is the place."""
    yield


def _large() -> Message:
    found = example("workspace.settings_changed").data["before"]
    preferences = {**found["preferences"], "text": os.urandom(MIB // 2).hex()}
    return event("workspace.settings_changed", data={"before": found, "after": {**found, "preferences": preferences}})


FAULTS = (
    Fault(
        name="little memory",
        how="200 MiB of 1 MiB records, read in a cgroup of 300 MiB",
        inject=_little_memory,
        mixes=False,
        needs=memory_group,
    ),
    Fault(
        name="no more open files",
        how="RLIMIT_NOFILE below what is open, and its sessions end",
        inject=_no_more_files,
        mixes=False,
    ),
    Fault(name="log that no one reads", how="stderr is a full pipe", inject=_restarted(_nobody_reads_the_log)),
    Fault(name="log that is gone", how="the reader of stderr has ended", inject=_restarted(_log_is_gone)),
    Fault(name="collector hangs", how="OTLP to a server that says nothing", inject=_restarted(_collector_hangs)),
    Fault(
        name="record that kills its decoder",
        how="SIGSEGV when it is decoded, in any process",
        inject=_deadly,
        mixes=False,
        seconds=10,
    ),
    *(
        Fault(
            name=f"clock an hour {word}",
            how=f"libfaketime under PostgreSQL: the consumer's clock is an hour {word} of it",
            inject=_nothing,
            alerts=frozenset({"AuditClockOff"}),
            where=partial(_other_clock, seconds=seconds),
            mixes=False,
            needs=faketime,
        )
        for word, seconds in (("ahead", -HOUR), ("behind", HOUR))
    ),
)
