"""The list of what an operator does on an ordinary day, by the commands of docs/runbook.md; nothing of it is a fault."""

import itertools
import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta

import schemas
from sandbox.services.postgres import PostgresServer
from sandbox.services.tcp_proxy import GOOD, ProxyLine
from tests.builders import event, stream
from tests.e2e.world import Produced, operate
from tests.faults.deployment import Deployment
from tests.faults.experiment import LIMIT
from tests.faults.large import large
from tests.faults.services import QUICK
from tests.faults.work import Pace, Work

REASON = ("--reason", "ordinary work")
RETENTION = timedelta(days=60)
AGES = (40, 30, 21, 14, 7, 1)  # days: the first is more than a quarter of the retention
OLD, OLD_SIZE = 2400, 64 * 1024  # records, bytes of each
OLD_RATE = 1_000_000  # bytes a second of a consumer's line meanwhile; what is new takes a tenth of it
OLD_SECONDS, CATCHING_UP = 60, 900  # that it takes at least, and at most
CE_TYPE = "member.removed"
# Records of a schema that comes late, and others between two of them. AuditParkedMany tells of a sixth parked record where they are
# more than 1 %, in a quarter of an hour; three of these with three of single replays before them are 6 of 750.
LATE, BETWEEN = 200, 250

# A start is seen by a scrape, up to seconds after it was made.
RESTARTS = Pace(max_times=3, seconds=1830, why="AuditRestarting tells of a fourth start in half an hour")
RESTORES = Pace(max_times=1, seconds=300, why="AuditDatabaseTrouble adds up what was tried again in five minutes")
REPLAYS = Pace(max_times=1, seconds=300, why="AuditParkedMany tells of a sixth parked record in a quarter of an hour")
MANY_REPLAYS = Pace(
    max_times=1, seconds=1800, why="each of them adds 50,000 records, and all are compared after each work"
)


def _rewound_to_an_offset(deployment: Deployment) -> None:
    number, end = deployment.chance.choice(_read(deployment))
    _rewind(deployment, number, "--to-offset", str(deployment.chance.randrange(end)))


def _rewound_to_a_time(deployment: Deployment) -> None:
    """One before the last load began: of that load all is read, and each partition in use has some."""
    number, _ = deployment.chance.choice(_read(deployment))
    at = datetime.fromtimestamp(deployment.chance.uniform(deployment.loads[0], deployment.loads[-2]), UTC)
    _rewind(deployment, number, "--to-time", at.isoformat())


def _read(deployment: Deployment) -> list[tuple[int, int]]:
    """The partitions of the loaded topic of which something is read, with the next offset."""
    offsets = {key: int(row["next_offset"]) for key, row in deployment.world.progress().items()}
    return [(number, end) for (topic, number), end in sorted(offsets.items()) if topic == deployment.topic and end]


def _rewind(deployment: Deployment, number: int, *to: str) -> None:
    world = deployment.world
    said = operate(world, "rewind", deployment.topic, str(number), *to, *REASON)
    match = re.search(r"from offset (\d+) to (\d+)", said)
    assert match, said
    before, first = map(int, match.groups())
    parked = sum(
        produced[:2] == (deployment.topic, number) and first <= produced.offset < before for produced in deployment.junk
    )
    world.expected.update(duplicate=before - first - parked, parked=parked)
    world.parked_again += parked


def _replayed(deployment: Deployment) -> None:
    """The schema of a record is registered only when it has been parked, a minute after it was sent."""
    world, subject = deployment.world, f"{deployment.other}-value"
    last = deployment.registry.register(subject, _schema())
    message = event(CE_TYPE, schema_id=last + 1)
    (number,) = deployment.parked(world.send(deployment.other, [message], "parked"))
    assert deployment.registry.register(subject, _schema()) == last + 1
    operate(world, "parked", "list")
    operate(world, "parked", "show", number)
    operate(world, "parked", "replay", number, *REASON)
    world.recorded[message.identity] += 1


def _all_replayed(deployment: Deployment) -> None:
    """Fewer than one record in two hundred has a schema that comes late. Only the first of them makes its partition wait; it is parked before the next is sent."""
    world, subject, coming = deployment.world, f"{deployment.other}-value", stream(5)
    last = deployment.registry.register(subject, _schema())
    late, sent = [event(CE_TYPE, schema_id=last + 1) for _ in range(LATE)], list[Produced]()
    for message in late:
        world.send(deployment.other, itertools.islice(coming, BETWEEN))
        sent += world.send(deployment.other, [message], "parked")
        if message is late[0]:
            deployment.parked(sent)
    deployment.parked(sent)
    assert deployment.registry.register(subject, _schema()) == last + 1
    operate(world, "parked", "replay", "--all", *REASON)
    world.recorded.update(message.identity for message in late)


def _schema() -> str:
    """One that the registry has not seen: the same text would have the same id."""
    return json.dumps({**json.loads(schemas.latest(CE_TYPE).text), "doc": uuid.uuid4().hex})


def _dismissed(deployment: Deployment) -> None:
    """Among good records of the same topic."""
    sent = deployment.world.send(
        deployment.topic, [event().with_headers(ce_type="member.unheard_of") for _ in range(2)], "parked"
    )
    deployment.junk += sent
    operate(deployment.world, "parked", "dismiss", *deployment.parked(sent), *REASON)


def _started_on_an_old_topic(deployment: Deployment) -> None:
    """The consumers are told of one more topic; a setting is read at the start. Their line is so narrow that it takes minutes."""
    world, now, link = deployment.world, time.time(), deployment.services.kafka_link
    topic = world.topic(2, retention_ms=str(RETENTION // timedelta(milliseconds=1)))
    for age, number in itertools.product(AGES, range(2)):
        old = (large(OLD_SIZE) for _ in range(OLD // len(AGES) // 2))
        world.send(topic, old, partition=number, timestamp_ms=int((now - age * 86400) * 1000))
    link.line, began = ProxyLine(bytes_per_second=OLD_RATE), time.monotonic()
    deployment.restart_each()
    world.until_read(*deployment.consumers.values(), limit=CATCHING_UP)
    link.line = GOOD
    assert time.monotonic() - began > OLD_SECONDS, "it is caught up with before a rule can see it"


def _restored(deployment: Deployment) -> None:
    """The consumers run on, and read again what the copy does not have."""
    services, world, lost = deployment.services, deployment.world, deployment.postgres
    backup = lost.base_backup()
    deployment.flows()
    deployment.beside.sealer.seals(world)
    had = world.count("audit_event")
    lost.kill()
    deployment.postgres = again = PostgresServer(settings=QUICK, data_from=backup, password=lost.password)
    deployment.running.enter_context(again)
    world.database_url = again.url(services.database)
    assert world.count("audit_event") < had, "the copy has all rows: nothing is shown"
    services.database_link.target = again.port
    lost.close()
    ends = world.ends()
    world.until(lambda: not world.behind(ends), "it is read again", of=[*deployment.consumers.values()], limit=LIMIT)
    operate(world, "status")
    deployment.beside.accept_restore()


def _migrated(deployment: Deployment) -> None:
    operate(deployment.world, "migrate")


def _grown_and_shrunk(deployment: Deployment) -> None:
    port = deployment.add()
    deployment.flows()
    deployment.remove(port)


WORKS = (
    Work(name="rewind to an offset", how="`rewind --to-offset`, anywhere in the log", do=_rewound_to_an_offset),
    Work(name="rewind to a time", how="`rewind --to-time`, since the first record", do=_rewound_to_a_time),
    Work(name="replay", how="a record whose schema came late; `parked replay` records it", do=_replayed, pace=REPLAYS),
    Work(
        name="replay of all",
        how=f"{LATE} records whose schema came late, among {LATE * BETWEEN:,}; `parked replay --all` records them",
        do=_all_replayed,
        pace=MANY_REPLAYS,
    ),
    Work(name="dismissal", how="two records of an unknown type; `parked dismiss`", do=_dismissed),
    Work(
        name="rolling restart",
        how="SIGTERM and start, one after the other, sealer and reader too",
        do=Deployment.restart_each,
        pace=RESTARTS,
    ),
    Work(
        name="first start on an old topic",
        how=f"{OLD:,} records of {OLD_SIZE // 1024} KiB, up to 40 days old, by a line of {OLD_RATE // 1_000_000} MB/s; the consumers are restarted with one topic more",
        do=_started_on_an_old_topic,
        pace=RESTARTS,
    ),
    Work(
        name="restore",
        how="server killed, a `pg_basebackup` that is older started at the same address; the sealer is told",
        do=_restored,
        pace=RESTORES,
    ),
    Work(name="migrate", how="`migrate` again, which finds nothing to do", do=_migrated),
    Work(name="third consumer", how="started, and asked to end when it has worked", do=_grown_and_shrunk),
)
