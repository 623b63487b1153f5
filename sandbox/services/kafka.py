"""A real Apache Kafka on 127.0.0.1: one KRaft node, its jars from Maven, run by ourselves."""

import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from sandbox.services import maven
from sandbox.services.class_archive import archived
from sandbox.services.java import java, quiet
from sandbox.services.kafka_config import CONFIG, GUARDED, LOG4J, SECURED
from sandbox.services.machine import HERE, Machine
from sandbox.services.ports import free_port, listens
from sandbox.services.process import SandboxError, Server
from sandbox.services.service import KafkaBroker
from sandbox.services.temporary_folder import TemporaryFolder

VERSION = "4.3.1"
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.1"  # without it Kafka logs nothing
JARS = (f"org.apache.kafka:kafka_2.13:{VERSION}", f"org.apache.kafka:kafka-tools:{VERSION}", LOGGING)
CLUSTER_TOOL = "org.apache.kafka.tools.ClusterTool"


class LocalKafka(KafkaBroker):
    """Apache Kafka as a Java process. `config` goes over server.properties; `jit=True` lets Java compile fully.

    Full compilation is for the benchmark: without it a broker starts sooner and disturbs its neighbors less.
    `tls` gives it more listeners, SASL_SSL with SCRAM-SHA-512 each, by name and with the PEM file of key and certificates
    (PKCS #8); ACLs are then on. The first listener stays as it is, and who uses it may do everything.
    `advertised` gives it another plain listener, for those who come through a proxy: whoever connects to its `proxied_port`
    is told to go on by that port. It runs `on` this machine or another.
    """

    description = f"Apache Kafka {VERSION} as a local Java process"
    # Options by which the JVM lists its classes, of the one broker that is run before there is an archive of them.
    _listing: Sequence[str] | None = None

    def __init__(
        self,
        *,
        config: Mapping[str, str] | None = None,
        jit: bool = False,
        tls: Mapping[str, Path] | None = None,
        advertised: int | None = None,
        on: Machine = HERE,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        jars = maven.jars(f"kafka-{VERSION}", JARS, environ)
        self.port = free_port()
        self.proxied_port = free_port()
        self.host = on.address
        self.controller = f"{self.host}:{free_port()}"
        self._advertised = advertised
        self._cluster: tuple[str, str] | None = None
        self._config = config or {}
        self._tls = {name: (free_port(), keystore) for name, keystore in (tls or {}).items()}
        self._folder = TemporaryFolder("kafka", on.disk)
        self._server = Server("kafka", self._folder, self._answers, on=on)
        compiler = () if jit else ("-XX:TieredStopAtLevel=1",)
        log4j = f"-Dlog4j2.configurationFile={self._folder.path / 'log4j2.properties'}"
        jvm: tuple[str | Path, ...] = (java(environ), *quiet(self._folder.path))
        if (classes := self._listing) is None:
            classes = archived(jvm, jars, lambda options: _list_classes(options, environ), environ)
        self._java: tuple[str | Path, ...] = (
            *jvm,
            *classes,
            *compiler,
            log4j,
            "-cp",
            f"{jars}/*",
        )
        self._properties = self._folder.path / "server.properties"

    @property
    def bootstrap(self) -> str:
        """`host:port`, the same over restarts."""
        return f"{self.host}:{self.port}"

    def secured(self, listener: str) -> str:
        """`localhost:port` of a listener of `tls`."""
        return f"localhost:{self._tls[listener][0]}"

    @property
    def log_dir(self) -> Path:
        """The folder of the partitions' logs."""
        return self._folder.path / "logs"

    @property
    def pid(self) -> int | None:
        """The Java process's id, None when it does not run."""
        return self._server.pid

    def join(self, cluster_id: str, voters: str) -> None:
        """Makes it one of several, before its first start; `voters` as controller.quorum.voters has them."""
        self._cluster = cluster_id, voters

    def start(self) -> None:
        """Starts the broker, formatting its folder the first time, and waits until it answers."""
        if not self._properties.exists():
            self._format()
        self._server.start([*self._java, "kafka.Kafka", self._properties])

    def stop(self) -> None:
        """A controlled shutdown; the log folder is kept."""
        self._server.stop()

    def kill(self) -> None:
        """SIGKILL; the log folder is kept."""
        self._server.kill()

    def unregister(self) -> None:
        """Has the controller forget node 1, of a broker that is alone, until it is started again: metadata lists no broker then."""
        self.tool(CLUSTER_TOOL, "unregister", "--bootstrap-server", self.bootstrap, "--id", "1")

    def tool(self, name: str, *arguments: str) -> str:
        """Runs one of Kafka's own tools, by the Java class that its shell script runs; gives what it prints."""
        tool = [*self._java, name, *arguments]
        process = subprocess.run(tool, check=False, env=self._folder.environ(), capture_output=True, text=True)
        if process.returncode:
            raise SandboxError(f"{name} failed:\n{process.stdout}{process.stderr}")
        return process.stdout

    def close(self) -> None:
        """Ends the broker and removes its folder."""
        self.kill()
        self._folder.close()

    def _format(self) -> None:
        cluster_id, voters = self._cluster or (str(uuid.uuid4()), f"1@{self.controller}")
        ours = [f"PLAINTEXT://{self.bootstrap}", f"CONTROLLER://{self.controller}"]
        here = [f"{name}://127.0.0.1:{port}" for name, (port, _) in self._tls.items()]
        there = [f"{name}://{self.secured(name)}" for name in self._tls]
        if self._advertised is not None:
            here.append(f"PROXIED://127.0.0.1:{self.proxied_port}")
            there.append(f"PROXIED://127.0.0.1:{self._advertised}")
        places = {
            "listeners": ",".join([*ours, *here]),
            "advertised.listeners": ",".join([*ours, *there]),
            "controller.quorum.voters": voters,
            "log.dirs": str(self.log_dir),
        }
        lines = (
            f"{name}={value}\n" for name, value in {**CONFIG, **places, **self._security(), **self._config}.items()
        )
        (self._folder.path / "log4j2.properties").write_text(LOG4J)
        self._properties.write_text("".join(lines))
        self.tool("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties))

    def _security(self) -> dict[str, str]:
        if not self._tls:
            return {}
        protocols = ",".join([CONFIG["listener.security.protocol.map"], *(f"{name}:SASL_SSL" for name in self._tls)])
        properties_set = {**GUARDED, "listener.security.protocol.map": protocols}
        for name, (_, keystore) in self._tls.items():
            properties = {**SECURED, "ssl.keystore.location": str(keystore)}
            properties_set |= {f"listener.name.{name.lower()}.{key}": value for key, value in properties.items()}
        return properties_set

    def _answers(self) -> bool:
        return listens(self.port, self.host) and answers(self.bootstrap)


class _Listing(LocalKafka):
    """A broker without an archive, with other options of the JVM instead."""

    def __init__(self, options: Sequence[str], environ: Mapping[str, str]) -> None:
        self._listing = options
        super().__init__(environ=environ)


def _list_classes(options: Sequence[str], environ: Mapping[str, str]) -> None:
    """Runs a broker until it answers; the JVM writes the end of its list when it ends in order."""
    with _Listing(options, environ) as broker:
        broker.stop()


def answers(bootstrap: str) -> bool:
    """Whether a broker at this address returns its cluster's metadata, with at least one broker in it."""
    try:
        return bool(AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=1).brokers)
    except KafkaException:
        return False
