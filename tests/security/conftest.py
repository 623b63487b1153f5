"""Kafka by SASL_SSL with ACLs, PostgreSQL by verify-full, a registry by https: nothing else is let in."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._resource import ResourceType

from runtime.migrations import migrate
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer, installations
from tests.conftest import SHORT, TEMPLATE
from tests.e2e.world import World
from tests.security.authority import ACLS, NAME, PASSWORDS, WRONG, Authority, allow, enroll

LOGINS = {"writer": "audit_writer", "operator": "audit_operator", "reader": "audit_reader"}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signed what the servers show."""
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signed nothing here."""
    return Authority(tmp_path_factory.mktemp("tls") / "other")


@pytest.fixture(scope="session")
def kafka(authority: Authority) -> Iterator[LocalKafka]:
    """A broker with two more listeners: SECURE, and EXPIRED, whose certificate is."""
    shown = {"SECURE": authority.issue("kafka.pem"), "EXPIRED": authority.issue("kafka-old.pem", expired=True)}
    with LocalKafka(config=SHORT, tls=shown) as broker:
        for user in ("consumer", "sealer", "scaler"):
            enroll(broker.bootstrap, user, PASSWORDS[user])
        yield broker


@pytest.fixture(scope="session")
def postgres(authority: Authority) -> Iterator[PostgresServer]:
    """A PostgreSQL that answers logins by TLS alone; each has one role, except `migrator`, who makes the roles."""
    candidates = [installation for installation in installations() if installation.root is None]
    if not candidates:
        pytest.skip(
            "PostgreSQL with TLS is not installed: apt-get install postgresql-15 (that of the Python package has no TLS)"
        )
    with PostgresServer(
        installation=candidates[0], settings={"fsync": "off"}, tls=authority.issue("postgres.pem")
    ) as server:
        migrate(server.create_database(TEMPLATE), lambda _: None)
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            for login, role in LOGINS.items():
                admin.execute(f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{PASSWORDS[login]}'".encode())
                admin.execute(f"GRANT {role} TO {login}".encode())
            admin.execute(f"CREATE ROLE migrator LOGIN CREATEROLE PASSWORD '{PASSWORDS['migrator']}'".encode())
        yield server


class Secured(World):
    """A world whose programs are let in by certificates and passwords only, each as its own login."""

    def __init__(self, kafka: LocalKafka, postgres: PostgresServer, database: str, folder: Path, ca: Path) -> None:
        super().__init__(kafka.bootstrap, postgres.url(database), folder)
        self._postgres, self._database, self._ca = postgres, database, ca
        self.environ = {
            "DATABASE_URL": self.url("operator"),
            "KAFKA_BOOTSTRAP_SERVERS": kafka.secured("SECURE"),
            "KAFKA_CONFIG_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_CONFIG_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_CONFIG_SASL_USERNAME": "consumer",
            "KAFKA_CONFIG_SASL_PASSWORD": PASSWORDS["consumer"],
            "KAFKA_CONFIG_SSL_CA_LOCATION": str(ca),
        }

    def url(self, login: str, password: str | None = None, host: str = NAME, **options: str) -> str:
        """How a login connects, in the way that deploy/env.example shows."""
        where = f"{login}:{password or PASSWORDS[login]}@{host}:{self._postgres.port}/{self._database}"
        merged = {"sslmode": "verify-full", "sslrootcert": str(self._ca)} | options
        return f"postgresql://{where}?" + "&".join(f"{name}={value}" for name, value in merged.items())

    def allow(
        self,
        *left_out: tuple[ResourceType, AclOperation],
        user: str = "consumer",
        topics: Sequence[str] | None = None,
    ) -> None:
        """Gives `user` the ACLs of docs/security.md, but for those `left_out`, on the group and this world's topics, or `topics`."""
        names = {ResourceType.TOPIC: self.topics if topics is None else topics, ResourceType.GROUP: [self.group]}
        acls = [acl for acl in ACLS if acl not in left_out]
        allow(self.bootstrap, user, [(kind, name, doing) for kind, doing in acls for name in names[kind]])

    def secrets_in(self, text: str) -> list[str]:
        """The passwords of this test, and keys, that a text gives away."""
        return [word for word in (*PASSWORDS.values(), WRONG, "PRIVATE KEY") if word in text]


@pytest.fixture
def world(kafka: LocalKafka, postgres: PostgresServer, authority: Authority, tmp_path: Path) -> Iterator[Secured]:
    """A database, topics and a group of the test's own; at the end no log of any program names a secret."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    postgres.create_database(name, TEMPLATE)
    with Secured(kafka, postgres, name, tmp_path, authority.path) as running:
        yield running
    for program in running.programs:
        assert running.secrets_in(program.log.read_text()) == [], program.log.name
    postgres.drop_database(name)
