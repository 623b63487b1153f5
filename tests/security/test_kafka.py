"""A broker that does not let us in: what is said, and whether it is waited for. docs/decisions/0024 says why."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._resource import ResourceType

from catalog.cells import WHOLE
from export.copies.destination import CheckpointToCopy, NotCopied
from export.copies.kafka import CheckpointTopic
from sandbox.services.kafka import LocalKafka
from sandbox.services.ports import free_port
from tests.builders import WORKSPACE, events
from tests.e2e.program import Program
from tests.e2e.topics import LIMIT
from tests.e2e.world import operate
from tests.ops.runbook import Procedure
from tests.ops.test_kafka_tools import typed
from tests.security.authority import (
    ACLS,
    PASSWORDS,
    SCALER_ACLS,
    SEALER_ACLS,
    WRONG,
    Authority,
    allow,
    enroll,
    forbid_group,
)
from tests.security.conftest import Secured


class Wrong(NamedTuple):
    """Settings that are wrong, and the words that must be said of them."""

    settings: Callable[[LocalKafka, Authority], Mapping[str, str]]
    words: tuple[str, ...]


def elsewhere(kafka: LocalKafka) -> str:
    """The secure listener by a name that its certificate does not have."""
    return kafka.secured("SECURE").replace("localhost", "127.0.0.1")


# Waiting does not fix these.
PROVEN = {
    "authority": Wrong(
        lambda _, stranger: {"KAFKA_CONFIG_SSL_CA_LOCATION": str(stranger.path)},
        ("is not trusted", "unable to get local issuer|self-signed", "authority that signed it", "SSL_CA_LOCATION"),
    ),
    "name": Wrong(
        lambda kafka, _: {"KAFKA_BOOTSTRAP_SERVERS": elsewhere(kafka)},
        ("is not trusted", "certificate is not valid for '127.0.0.1'", "by a name that the certificate has"),
    ),
    "expired": Wrong(
        lambda kafka, _: {"KAFKA_BOOTSTRAP_SERVERS": kafka.secured("EXPIRED")},
        ("is not trusted", "certificate has expired", "renewed"),
    ),
    "password": Wrong(
        lambda *_: {"KAFKA_CONFIG_SASL_PASSWORD": WRONG},
        ("refuses user 'consumer'", "invalid credentials", "KAFKA_CONFIG_SASL_USERNAME"),
    ),
    "user": Wrong(
        lambda *_: {"KAFKA_CONFIG_SASL_USERNAME": "nobody"},
        ("refuses user 'nobody'", "invalid credentials", "KAFKA_CONFIG_SASL_USERNAME"),
    ),
    "mechanism": Wrong(
        lambda *_: {"KAFKA_CONFIG_SASL_MECHANISM": "PLAIN"},
        ("refuses user 'consumer'", "broker's supported mechanisms: SCRAM-SHA-512"),
    ),
}
# These may be an outage as well: a listener that hangs up says no reason.
UNPROVEN = {
    "plain client": Wrong(
        lambda *_: {"KAFKA_CONFIG_SECURITY_PROTOCOL": "PLAINTEXT"},
        ("they may want TLS: set KAFKA_CONFIG_SECURITY_PROTOCOL",),
    ),
    "plain server": Wrong(
        lambda kafka, _: {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap}, ("connecting to a PLAINTEXT broker listener?",)
    ),
    "nobody there": Wrong(
        lambda *_: {"KAFKA_BOOTSTRAP_SERVERS": f"localhost:{free_port()}"}, ("no broker answers", "Connection refused")
    ),
}
# Nothing is asked of a broker with these.
UNUSABLE = {
    "no file": Wrong(lambda *_: {"KAFKA_CONFIG_SSL_CA_LOCATION": "/nowhere.pem"}, ("ssl.ca.location",)),
    "no password": Wrong(lambda *_: {"KAFKA_CONFIG_SASL_PASSWORD": ""}, ("sasl.password must be set",)),
    "no key": Wrong(lambda *_: {"KAFKA_CONFIG_SSL_KEY_PEM": WRONG}, ("ssl.key.pem",)),
    "no property": Wrong(lambda *_: {"KAFKA_CONFIG_SASL_PASWORD": WRONG}, ("sasl.pasword",)),
    "no protocol": Wrong(lambda *_: {"KAFKA_CONFIG_SECURITY_PROTOCOL": "TLS"}, ("security.protocol",)),
}


def says(text: str, wanted: tuple[str, ...]) -> bool:
    """Whether each of the words is in the text; | separates alternatives."""
    return all(any(word in text for word in words.split("|")) for words in wanted)


def only_fault(program: Program, event: str) -> dict[str, Any]:
    """The one line above a warning, which is of this event; nothing raised, nothing printed beside the log."""
    lines = [json.loads(line) for line in program.log.read_text().splitlines()]
    faults = [line for line in lines if line["level"] in {"error", "critical"} and line["event"] != "librdkafka"]
    assert [line["event"] for line in faults] == [event], faults
    return dict(faults[0])


@pytest.mark.parametrize("case", PROVEN)
def test_what_waiting_does_not_fix_ends_it(world: Secured, kafka: LocalKafka, stranger: Authority, case: str) -> None:
    """Exit code 1 at once, and one line that says what is wrong and what to do."""
    world.topic()
    wrong = PROVEN[case]
    settings = wrong.settings(kafka, stranger)
    program = world.consumer("run", **{"DATABASE_URL": world.url("writer"), **settings})
    assert program.wait() == 1
    assert says(only_fault(program, "stopped")["error"], wrong.words), program.tail()


def test_status_says_why_there_is_no_lag(world: Secured, stranger: Authority) -> None:
    """The database's part is shown; the message is that of `run`."""
    world.topic()
    wrong = PROVEN["authority"]
    process = world.consumer("status", "--format", "json", KAFKA_CONFIG_SSL_CA_LOCATION=str(stranger.path))
    assert process.wait() == 0
    assert says(json.loads(process.log.read_text())["kafka"], wrong.words), process.tail()


@pytest.mark.parametrize("case", UNPROVEN)
def test_what_may_be_an_outage_is_waited_for(world: Secured, kafka: LocalKafka, stranger: Authority, case: str) -> None:
    """It retries, logs why it fails, and shuts down cleanly on SIGTERM."""
    world.topic()
    wrong = UNPROVEN[case]
    settings = {"DATABASE_URL": world.url("writer"), **wrong.settings(kafka, stranger)}
    program = world.consumer("run", **settings)
    world.until(
        lambda: any(says(line["error"], wrong.words) for line in program.logged("kafka_unavailable")),
        f"it says {wrong.words}",
        of=[program],
    )
    assert program.stop() == 0


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_the_client_refuses_is_a_wrong_setting(
    world: Secured, kafka: LocalKafka, stranger: Authority, case: str
) -> None:
    """Exit code 2 and one message that names the property, for `run` and for an operator's command."""
    topic = world.topic()
    wrong = UNUSABLE[case]
    settings = wrong.settings(kafka, stranger)
    program = world.consumer("run", **{"DATABASE_URL": world.url("writer"), **settings})
    assert program.wait() == 2
    assert says(program.log.read_text(), ("1 setting(s) missing or wrong", *wrong.words)), program.tail()
    back = world.consumer("rewind", topic, "0", "--to-offset", "0", "--reason", "x", **settings)
    assert back.wait() == 2
    assert back.log.read_text() == program.log.read_text()
    assert WRONG not in back.log.read_text()


def test_a_member_whose_password_is_taken_away_waits(world: Secured, kafka: LocalKafka) -> None:
    """Refused while it runs it says so and goes on trying; with its password back it goes on where it was."""
    topic = world.topic()
    world.allow()
    world.send(topic, events(5))
    program = world.consumer("run", DATABASE_URL=world.url("writer"))
    world.until_read(program)
    enroll(kafka.bootstrap, "consumer", WRONG)
    try:
        kafka.restart()  # a connection that is open stays so
        world.until(
            lambda: any("refuses user 'consumer'" in line["error"] for line in program.logged("kafka_unavailable")),
            "it says that it is refused",
            of=[program],
        )
    finally:
        enroll(kafka.bootstrap, "consumer", PASSWORDS["consumer"])
    world.send(topic, events(5))
    world.until_read(program)
    assert program.stop() == 0
    world.check()


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        ((ResourceType.TOPIC, AclOperation.READ), "topic"),
        ((ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS), "Topic authorization failed"),
        ((ResourceType.GROUP, AclOperation.READ), "READ on the group"),
    ],
    ids=lambda part: part if isinstance(part, str) else "-".join(word.name for word in part),
)
@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_each_acl_is_needed(
    world: Secured, protocol: str, left_out: tuple[ResourceType, AclOperation], named: str
) -> None:
    """Without any one of the list nothing is read, and what is missing is named; given back, everything is read."""
    topic = world.topic()
    world.allow(left_out)
    world.send(topic, events(3))
    settings = {"DATABASE_URL": world.url("writer"), "KAFKA_CONFIG_GROUP_PROTOCOL": protocol}
    program = world.consumer("run", **settings)

    def said() -> bool:
        words = [line for line in program.log.read_text().splitlines() if '"level": "info"' not in line]
        return any("uthorization" in line and named in line for line in words)

    world.until(said, "it names what is missing")
    assert world.count("audit_event") == 0
    world.allow()
    if left_out[0] is ResourceType.GROUP:
        assert program.wait() == 1
        assert only_fault(program, "stopped")
        program = world.consumer("run", **settings)
    world.until_read(program)
    assert program.stop() == 0
    world.check()


SHORT_OF = {
    "read": (ResourceType.TOPIC, AclOperation.READ),
    "settings": (ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS),
}


@pytest.mark.parametrize("short", SHORT_OF)
@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_one_topic_that_is_forbidden_stops_no_other(world: Secured, protocol: str, short: str) -> None:
    """The others are read; it is named in the log once and by the probe, until the ACL is given."""
    forbidden, *others = (world.topic() for _ in range(3))
    world.allow(topics=others)
    world.allow(SHORT_OF[short], topics=[forbidden])
    for topic in world.topics:
        world.send(topic, events(3))
    port = free_port()
    program = world.consumer(
        "run",
        DATABASE_URL=world.url("writer"),
        KAFKA_CONFIG_GROUP_PROTOCOL=protocol,
        AUDIT_METRICS_BIND=f"127.0.0.1:{port}",
    )
    world.until(lambda: world.count("audit_event") == 6, "the other two are read", of=[program])
    world.until(lambda: bool(program.logged("topic_unavailable", topic=forbidden)), "it is named", of=[program])
    answer = httpx.get(f"http://127.0.0.1:{port}/readyz")
    assert answer.status_code == 503
    assert f"topic {forbidden}: " in answer.text
    assert not any(topic in answer.text for topic in others)
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    faults = [
        line for line in metrics.splitlines() if line.startswith("auditlog_topic_faults") and line.endswith(" 1.0")
    ]
    assert faults
    assert all(f'topic="{forbidden}"' in line for line in faults)
    for topic in others:
        assert f'auditlog_topic_partitions{{topic="{topic}"}} 1.0' in metrics
    causes = [line["cause"] for line in program.logged("topic_unavailable", topic=forbidden)]
    assert len(causes) == len(set(causes)), "said once for each cause"
    world.allow()
    world.until_read(program)
    world.until(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200, "it is ready", of=[program])
    assert program.stop() == 0
    world.check()


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_a_member_that_loses_its_group_ends(world: Secured, protocol: str) -> None:
    """The ACL on the group is taken back under a consumer at work: exit code 1, and the ACL is named."""
    topic = world.topic()
    world.allow()
    world.send(topic, events(3))
    settings = {"DATABASE_URL": world.url("writer"), "KAFKA_CONFIG_GROUP_PROTOCOL": protocol}
    if protocol == "classic":  # it notices when its session is over, which is otherwise 45 s
        settings["KAFKA_CONFIG_SESSION_TIMEOUT_MS"] = "6000"
    program = world.consumer("run", **settings)
    world.until_read(program)
    forbid_group(world.bootstrap, world.group)
    assert program.wait(LIMIT) == 1
    assert "roup authorization failed" in only_fault(program, "stopped")["error"]
    world.check()


def properties_of(world: Secured, user: str) -> dict[str, str]:
    """The client properties with which `user` gets in."""
    properties = {name.removeprefix("KAFKA_CONFIG_").lower().replace("_", "."): value
             for name, value in world.environ.items() if name.startswith("KAFKA_CONFIG_")}  # fmt: skip
    return {**properties, "sasl.username": user, "sasl.password": PASSWORDS[user]}


def test_the_sealer_needs_its_acl_and_no_other(world: Secured) -> None:
    """Without it Kafka refuses the copy of a checkpoint; with it the copy is stored, and the user may still not read."""
    topic, note = world.topic(), CheckpointToCopy(origin="audit.example/log", size=1, data=b"a signed note")
    copies = CheckpointTopic(world.environ["KAFKA_BOOTSTRAP_SERVERS"], topic, properties_of(world, "sealer"))
    with pytest.raises(NotCopied, match=r"(?i)authorization failed"):
        copies.copy(note)
    allow(world.bootstrap, "sealer", [(kind, topic, operation) for kind, operation in SEALER_ACLS])

    def copy() -> bool:
        with suppress(NotCopied):  # until the broker has the new ACL
            copies.copy(note)
            return True
        return False

    world.until(copy, "the copy is stored", of=[])
    reading = world.consumer("run", KAFKA_CONFIG_SASL_USERNAME="sealer", KAFKA_CONFIG_SASL_PASSWORD=PASSWORDS["sealer"],
                             DATABASE_URL=world.url("writer"))  # fmt: skip
    assert reading.wait() == 1
    assert "uthorization" in only_fault(reading, "stopped")["error"]


def lag_as_the_scaler(world: Secured, topic: str, group: str | None = None) -> int:
    """What KEDA's scaler asks as its own user: the topic's partitions, their ends, and what the group (the world's) has committed."""
    servers = {"bootstrap.servers": world.environ["KAFKA_BOOTSTRAP_SERVERS"]}
    admin = AdminClient({**properties_of(world, "scaler"), **servers, "log_level": 0})
    (described,) = admin.describe_topics(TopicCollection([topic])).values()
    at = [TopicPartition(topic, partition.id) for partition in described.result().partitions]
    ends = admin.list_offsets({position: OffsetSpec.latest() for position in at})  # type: ignore[no-untyped-call]
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group or world.group, at)])
    (committed,) = (future.result().topic_partitions for future in asked.values())
    assert all(position.error is None for position in committed)
    behind = {(position.topic, position.partition): max(position.offset, 0) for position in committed}
    return sum(future.result().offset - behind[position.topic, position.partition] for position, future in ends.items())


def allow_scaler(world: Secured, topic: str, *left_out: tuple[ResourceType, AclOperation]) -> None:
    """Gives the scaler's user the ACLs of docs/security.md but for those `left_out`."""
    names = {ResourceType.TOPIC: topic, ResourceType.GROUP: world.group}
    acls = [acl for acl in SCALER_ACLS if acl not in left_out]
    allow(world.bootstrap, "scaler", [(kind, names[kind], doing) for kind, doing in acls])


@pytest.mark.parametrize("left_out", SCALER_ACLS, ids=lambda acl: acl[0].name.lower())
def test_the_scaler_needs_each_of_its_acls_and_no_other(
    world: Secured, left_out: tuple[ResourceType, AclOperation]
) -> None:
    """Without one Kafka refuses what KEDA asks; with both it sees the consumer's lag, and may still not read."""
    topic = world.topic()
    world.allow()
    world.send(topic, events(5))
    program = world.consumer("run", DATABASE_URL=world.url("writer"))
    world.until_read(program)
    assert program.stop() == 0
    world.send(topic, events(3))
    allow_scaler(world, topic, left_out)
    with pytest.raises(KafkaException, match=r"(?i)authorization failed"):
        lag_as_the_scaler(world, topic)
    allow_scaler(world, topic)
    world.until(lambda: lag_as_the_scaler(world, topic) == 3, "the scaler sees the lag", of=[])
    reading = world.consumer("run", KAFKA_CONFIG_SASL_USERNAME="scaler", KAFKA_CONFIG_SASL_PASSWORD=PASSWORDS["scaler"],
                             DATABASE_URL=world.url("writer"))  # fmt: skip
    assert reading.wait() == 1
    assert "uthorization" in only_fault(reading, "stopped")["error"]


def test_a_cell_is_let_in_by_the_prefix_of_its_group(world: Secured, kafka: LocalKafka) -> None:
    """The ACL of AUDIT_GROUP_ID is not enough for consumer and scaler of a cell; with the runbook's lines before a split both are."""
    (cell,) = (half for half in WHOLE.halves if half.share.has(f"{WORKSPACE}0".encode()))
    group = f"{world.group}.cell-{cell.number}-of-{cell.of}"
    topic = world.topic()
    world.allow()
    allow_scaler(world, topic)
    world.environ["AUDIT_CELL"] = str(cell)
    operate(world, "cells", "set", str(cell), "--reason", "test")
    world.send(topic, events(5, workspaces=1))
    refused = world.consumer("run", DATABASE_URL=world.url("writer"))
    assert refused.wait(LIMIT) == 1
    assert only_fault(refused, "stopped")["error"].endswith(f"READ on the group {group}")
    with pytest.raises(KafkaException, match=r"(?i)authorization failed"):
        lag_as_the_scaler(world, topic, group)

    before = Procedure("Splitting a cell")
    for user in ("consumer", "scaler"):
        names = {f"user:audit-{user}": f"User:{user}", "group.cell-": f"{world.group}.cell-"}
        typed(kafka, before.line("kafka-acls.sh"), **names)
    program = world.consumer("run", DATABASE_URL=world.url("writer"))
    world.until_read(program)
    assert program.stop() == 0
    world.check()
    world.send(topic, events(3, workspaces=1))
    world.until(lambda: lag_as_the_scaler(world, topic, group) == 3, "the scaler sees the cell's lag", of=[])


def test_the_acls_of_cells_are_documented_where_all_are() -> None:
    """docs/security.md has the runbook's lines, with the default group, each with its user's others."""
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    before = Procedure("Splitting a cell")
    for _ in ("consumer", "scaler"):
        assert before.line("kafka-acls.sh").replace("GROUP.", "callmine-audit.") in page.splitlines()


def test_the_list_of_acls_is_the_documented_one() -> None:
    """docs/security.md lists what these tests give, and no more: for the consumer, the sealer and the scaler."""
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    users = re.split(r"### The (?:sealer|scaler)'s user", page)
    for text, acls in zip(users, (ACLS, SEALER_ACLS, SCALER_ACLS), strict=True):
        listed = re.findall(r"^\| (topic|group) \| `([A-Z_]+)` \|", text, re.MULTILINE)
        assert listed == [(kind.name.lower(), operation.name) for kind, operation in acls]
        for kind, operation in acls:
            assert re.search(
                rf"^kafka-acls.sh .* --{kind.name.lower()} .*--operation {operation.name}\b", text, re.MULTILINE
            )
