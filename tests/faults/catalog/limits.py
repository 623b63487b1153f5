"""What a process is given: memory, open files, a place for its log and its spans; and a record that kills it."""

import os
import resource
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.builders import event
from tests.e2e.silent import Silent, full_pipe
from tests.faults.catalog.needs import CGROUP, memory_group
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.large import large
from tests.ops.load import flows

MIB = 1024 * 1024
BACKLOG = 1024  # records of a MiB
GROUP_LIMIT = 256 * MIB
CRASHING = "the record that kills its decoder"


@contextmanager
def _memory_bomb(experiment: Experiment) -> Iterator[None]:
    """A backlog of four times the memory that it may use is read by a consumer in a cgroup that kills whoever takes more.

    Half of it is compressed to a thousandth: many records come in one answer of the broker, and are unpacked at once.
    """
    world = experiment.world
    assert experiment.consumer.stop() == 0
    records = [large(MIB) for _ in range(64)]
    for producer in (world.producer(), world.producer(compression_type="zstd")):
        for _ in range(BACKLOG // 2 // 64):
            named = [message.with_headers(ce_id=str(uuid.uuid4())) for message in records]
            world.send(experiment.other, named, producer=producer)
    with _group(GROUP_LIMIT) as group:
        (group / "tasks").write_text("0")  # this thread: what it starts is in the group from its first page on
        experiment.start()
        (CGROUP / "tasks").write_text("0")
        ends = world.ends()
        experiment.until(lambda: not world.behind(ends), "it has read all of them")
        yield
        used = int((group / "memory.max_usage_in_bytes").read_text())
        print(f"its group used {used // MIB} of {GROUP_LIMIT // MIB} MiB", file=sys.stderr, flush=True)


@contextmanager
def _group(limit: int) -> Iterator[Path]:
    """A cgroup; whoever is in it when the block ends is moved out."""
    group = CGROUP / f"callmine-faults-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(limit))
        yield group
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            (CGROUP / "cgroup.procs").write_text(pid)
        group.rmdir()


@contextmanager
def _no_more_files(experiment: Experiment) -> Iterator[None]:
    """No file can be opened: a session that ends cannot be replaced."""
    pid = experiment.consumer.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    experiment.services.database_link.reset()
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def restarted(
    way: Callable[[Experiment], AbstractContextManager[dict[str, str]]],
) -> Callable[[Experiment], AbstractContextManager[None]]:
    """A consumer that is started in some surroundings, and at the end in the usual ones."""

    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        assert experiment.consumer.stop() == 0
        with way(experiment) as environ:
            experiment.start(environ=environ)
            experiment.world.stderr = None
            flows(experiment.world, experiment.consumer)
            yield
            assert experiment.consumer.stop() == 0
        experiment.start()

    return inject


@contextmanager
def _nobody_reads_the_log(experiment: Experiment) -> Iterator[dict[str, str]]:
    with full_pipe() as stderr:
        experiment.world.stderr = stderr
        yield {}


@contextmanager
def _log_is_gone(experiment: Experiment) -> Iterator[dict[str, str]]:
    reading, writing = os.pipe()
    os.close(reading)
    experiment.world.stderr = writing
    yield {}
    os.close(writing)


@contextmanager
def _collector_hangs(experiment: Experiment) -> Iterator[dict[str, str]]:
    collector = Silent()
    yield {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "100"}
    collector.close()


@contextmanager
def _crashing(experiment: Experiment) -> Iterator[None]:
    """Whoever decodes it dies, child processes too.

    The next consumer lets children decode what its predecessor died of:
    after three deaths it is parked, and all that comes after it is read.
    """
    world = experiment.world
    assert experiment.consumer.stop() == 0
    victim = experiment.start(failpoint=["crashing", CRASHING])
    world.send(experiment.other, [event().with_headers(ce_id=CRASHING)], "parked")
    world.send(experiment.other, [event()])
    experiment.ended(victim)
    experiment.start(failpoint=["crashing", CRASHING])
    experiment.until(lambda: world.count("parked_record") == 1, "it is parked")
    yield
    for number in (row["id"] for row in world.rows("SELECT id FROM parked_record")):
        world.consumer("parked", "dismiss", str(number), "--reason", "made by make faults").wait()


FAULTS = (
    Fault(
        name="memory bomb",
        how=f"{BACKLOG:,} records of 1 MiB, half of them compressed to a thousandth, read in a cgroup of {GROUP_LIMIT // MIB} MiB",
        inject=_memory_bomb,
        mixes=False,
        needs=memory_group,
    ),
    Fault(
        name="no more open files",
        how="RLIMIT_NOFILE below what is open, and its sessions end",
        inject=_no_more_files,
        mixes=False,
    ),
    Fault(name="log that no one reads", how="stderr is a full pipe", inject=restarted(_nobody_reads_the_log)),
    Fault(name="log that is gone", how="the reader of stderr has ended", inject=restarted(_log_is_gone)),
    Fault(name="collector hangs", how="OTLP to a server that says nothing", inject=restarted(_collector_hangs)),
    Fault(
        name="record that kills its decoder",
        how="SIGSEGV when it is decoded, in any process",
        inject=_crashing,
        exits=(-signal.SIGSEGV,),
        alerts=frozenset({"AuditParked"}),
        mixes=False,
    ),
)
