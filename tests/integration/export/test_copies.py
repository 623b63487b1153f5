"""Each checkpoint is copied to where the settings say, over crashes and outages, and nothing of that stops sealing."""

import json
import re
import shlex
import signal
import sys
import urllib.request
import uuid
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from export.seal import command
from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from sandbox.services.service import KafkaBroker
from tests.integration.export.test_crashes import crash
from tests.integration.export.world import LOG, World

LIMIT = 60.0
QUICK = {"KAFKA_CONFIG_MESSAGE_TIMEOUT_MS": "2000", "AUDIT_LOG_FORMAT": "json"}


class Topic:
    """The topic of a test, as a client reads it."""

    def __init__(self, kafka: KafkaBroker) -> None:
        self.name = f"callmine.audit.checkpoints.{uuid.uuid4().hex[:8]}"
        self._servers = kafka.bootstrap
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result(30)
        self.settings = {"AUDIT_SEAL_COPY_TOPIC": self.name, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, **QUICK}

    def records(self) -> list[Message]:
        """All records."""
        config = {"bootstrap.servers": self._servers, "group.id": uuid.uuid4().hex, "enable.auto.commit": False}
        consumer = Consumer({**config, "log_level": 0})
        try:
            partition = TopicPartition(self.name, 0, 0)
            end = consumer.get_watermark_offsets(partition, timeout=30)[1]
            consumer.assign([partition])
            messages: list[Message] = []
            while len(messages) < end:
                messages += [message for message in consumer.consume(100, 1.0) if message.error() is None]
            return messages
        finally:
            consumer.close()

    def sizes(self) -> list[int]:
        """The sizes of the checkpoints in it."""
        return [size_of(message.value() or b"") for message in self.records()]

    def has(self, count: int) -> bool:
        """Whether so many checkpoints are in it; not yet, while the broker has no leader for it."""
        try:
            return len(self.sizes()) >= count
        except KafkaException:
            return False


@pytest.fixture
def topic(kafka: KafkaBroker) -> Topic:
    """An empty topic."""
    return Topic(kafka)


@pytest.fixture
def port() -> int:
    """Where a sealer of the test tells its figures."""
    return free_port()


def size_of(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def metrics(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def copy_failures(port: int) -> float:
    match = re.search(r'^auditlog_seal_copy_failures_total\{place="kafka"\} (\S+)$', metrics(port), re.MULTILINE)
    return float(match[1]) if match else 0.0


def test_each_checkpoint_is_a_record_of_the_topic(sealed_world: World, topic: Topic) -> None:
    """Key and value are the log's origin and the note as it was signed; an auditor takes one for --known."""
    world = sealed_world
    notes = []
    for _ in range(3):
        world.record()
        assert world.seal(**topic.settings).exit == 0
        notes.append((world.folder / "checkpoint").read_bytes())

    records = topic.records()

    assert [message.value() for message in records] == notes
    assert {message.key() for message in records} == {LOG.encode()}
    known = world.path / "from-kafka"
    known.write_bytes(records[1].value() or b"")
    assert world.create("package", "--known", str(known)).exit == 0
    assert "with your checkpoints of size 2" in world.verify("package", "--known", str(known)).out


@pytest.mark.parametrize("point", ["committed", "published", "done"])
def test_what_a_crash_left_uncopied_is_copied_by_the_next_start(sealed_world: World, topic: Topic, point: str) -> None:
    """Killed after the commit and before the copy."""
    world = sealed_world
    world.record()
    assert world.seal(**topic.settings).exit == 0
    world.environ |= topic.settings
    crash(world, point, "kill", "seal", "--once")
    assert topic.sizes() == [1]

    process = world.start()

    assert wait_until(lambda: topic.sizes()[:3] == [1, 2, 3], LIMIT, 0.2), topic.sizes()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "VERIFIED - stopped\n"), err


def test_an_uncopied_checkpoint_is_copied_while_the_database_is_away(sealed_world: World, topic: Topic) -> None:
    """The folder alone says what was published."""
    world = sealed_world
    world.record()
    world.environ |= topic.settings
    crash(world, "published", "kill", "seal", "--once")

    process = world.start(DATABASE_URL="postgresql://x@127.0.0.1:1/x")

    assert wait_until(lambda: topic.sizes() == [1], LIMIT, 0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert world.rows("SELECT count(*) FROM audit_seal") == [(1,)]


def test_sealing_goes_on_while_kafka_is_away(sealed_world: World, kafka: KafkaBroker, topic: Topic, port: int) -> None:
    """Figures and log say what waits; when the broker is back, each checkpoint of the outage is copied, in order."""
    world = sealed_world
    world.record()
    kafka.stop()
    try:
        process = world.start(AUDIT_SEAL_EVERY="2", AUDIT_SEAL_METRICS_BIND=f"127.0.0.1:{port}", **topic.settings)
        assert wait_until(lambda: copy_failures(port) >= 1, LIMIT, 0.2)
        sealed = len(world.records())
        assert wait_until(lambda: len(world.records()) > sealed + 1, LIMIT), "sealing goes on"
        said = metrics(port)
        assert 'auditlog_seal_copied_timestamp_seconds{place="kafka"} 0.0' in said
        assert 'auditlog_seal_uncopied_seals{place="kafka"} 0.0' not in said
    finally:
        kafka.start()
    count = len(world.records())
    assert wait_until(lambda: topic.has(count), LIMIT, 0.2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)

    sizes = topic.sizes()
    assert sizes == list(range(1, len(sizes) + 1))
    failed = [json.loads(line) for line in err.splitlines() if '"checkpoint_not_copied"' in line]
    assert failed and failed[0]["place"] == "kafka" and failed[0]["error"]


def test_a_topic_that_is_not_there_stops_nothing(sealed_world: World, kafka: KafkaBroker) -> None:
    """The log names the topic and the reason; the seal is made."""
    world = sealed_world
    world.record()
    settings = {"AUDIT_SEAL_COPY_TOPIC": "not.there", "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, **QUICK}

    process = world.start(sys.executable, "-m", "export", "seal", "--once", **settings)
    out, err = process.communicate(timeout=120)

    assert (process.returncode, out.split()[0]) == (0, "VERIFIED")
    (said,) = [json.loads(line) for line in err.splitlines() if "checkpoint_not_copied" in line]
    assert said["error"].startswith("not.there: ")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory that is there."""
    path = tmp_path / "outside"
    path.mkdir()
    return path


def test_a_directory_has_the_newest_and_one_of_each_day(sealed_world: World, outside: Path) -> None:
    """As files; one that is not there is not made."""
    world = sealed_world
    world.record()
    assert world.seal(AUDIT_SEAL_COPY_DIR=str(outside)).exit == 0
    note = (world.folder / "checkpoint").read_bytes()

    assert (outside / "checkpoint").read_bytes() == note
    assert [path.read_bytes() for path in (outside / "checkpoints").iterdir()] == [note]
    missing = world.path / "missing"
    assert world.seal(AUDIT_SEAL_COPY_DIR=str(missing)).exit == 0
    assert not missing.exists()


def test_a_command_gets_the_note_and_none_of_our_secrets(sealed_world: World, outside: Path) -> None:
    """On its standard input; size and origin are in its environment, our settings are not."""
    world = sealed_world
    world.record()
    script = outside / "copy.sh"
    script.write_text(f"cat >{outside}/$AUDIT_CHECKPOINT_SIZE; env >{outside}/env; echo $1 >{outside}/argument\n")
    words = f"sh {script} {shlex.quote('one word')}"
    assert world.seal(AUDIT_SEAL_COPY_COMMAND=words, KAFKA_CONFIG_SASL_PASSWORD="x", PGPASSWORD="x").exit == 0

    assert (outside / "1").read_bytes() == (world.folder / "checkpoint").read_bytes()
    names = {line.partition("=")[0] for line in (outside / "env").read_text().splitlines()}
    assert {"AUDIT_CHECKPOINT_SIZE", "AUDIT_CHECKPOINT_ORIGIN", "PATH"} <= names
    assert not names & {"DATABASE_URL", "AUDIT_SEAL_KEY", "KAFKA_CONFIG_SASL_PASSWORD", "PGPASSWORD"}
    assert (outside / "argument").read_text() == "one word\n"


def test_places_do_not_wait_for_each_other(sealed_world: World, outside: Path, port: int) -> None:
    """A command that hangs, one that fails and a directory: the directory has all, and the sealer ends when it is told to."""
    world = sealed_world
    world.record()
    process = world.start(
        AUDIT_SEAL_EVERY="0.2",
        AUDIT_SEAL_COPY_DIR=str(outside),
        AUDIT_SEAL_COPY_COMMAND="sleep 600",
        AUDIT_SEAL_METRICS_BIND=f"127.0.0.1:{port}",
    )
    assert wait_until((outside / "checkpoint").exists, LIMIT)
    assert wait_until(lambda: size_of((outside / "checkpoint").read_bytes()) >= 3, LIMIT)
    assert 'auditlog_seal_uncopied_seals{place="command"} 0.0' not in metrics(port)
    process.send_signal(signal.SIGTERM)

    out, err = process.communicate(timeout=command.SETTLE_SECONDS + 15)

    assert (process.returncode, out) == (0, "VERIFIED - stopped\n"), err


def test_what_a_check_left_is_among_the_figures(sealed_world: World, port: int) -> None:
    """With AUDIT_CHECK_METRICS_FILE the sealer tells Prometheus of the last check; a file that is not there, or broken, is nothing."""
    world = sealed_world
    world.record()
    left = world.path / "check.prom"
    process = world.start(AUDIT_SEAL_METRICS_BIND=f"127.0.0.1:{port}", AUDIT_CHECK_METRICS_FILE=str(left))
    assert wait_until(lambda: "auditlog_seal_size 1.0" in metrics(port), LIMIT)
    assert "auditlog_check" not in metrics(port)

    assert world.check(AUDIT_CHECK_METRICS_FILE=str(left)).exit == 0

    assert "auditlog_check_exit_code 0.0" in metrics(port)
    world.tamper("UPDATE audit_event SET trace_id = 'x'")
    assert world.check(AUDIT_CHECK_METRICS_FILE=str(left)).exit == 1
    assert "auditlog_check_exit_code 1.0" in metrics(port)
    left.write_text("{ nonsense")
    assert "auditlog_seal_size 1.0" in metrics(port)
    process.kill()
    process.communicate()
