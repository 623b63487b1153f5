"""What demo, tests and benchmark run on: the services that the environment names, else sandboxes of our own."""

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from sandbox.services.container import ContainerKafka
from sandbox.services.kafka import LocalKafka
from sandbox.services.mock import MockKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import SandboxError
from sandbox.services.service import KafkaBroker

KINDS = ("docker", "local", "mock")  # in order of preference: the nearest to production first
DATABASE = "callmine_audit"


class Sandbox:
    """A PostgreSQL database and a Kafka broker, for the time of a `with`.

    DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS of `environ` are taken as they are. Where they are missing, PostgreSQL is
    the wheel's, and Kafka what AUDIT_SANDBOX says (docker, local or mock), else the first of these that works here.
    SandboxError when nothing fits. `jit` lets a local Kafka compile fully (for the benchmark).
    """

    def __init__(self, environ: Mapping[str, str], *, jit: bool = False) -> None:
        self.database_url = environ.get("DATABASE_URL", "")
        self.kafka_bootstrap = environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
        self.broker: KafkaBroker | None = None
        self.postgres: PostgresServer | None = None
        self._environ = environ
        self._jit = jit
        self._kinds = kinds(environ)
        self._passed_over: list[str] = []
        self._stack = ExitStack()

    def describe(self) -> tuple[str, ...]:
        """Lines for people: which PostgreSQL, which Kafka and why, and what a mock lacks."""
        if self.postgres:
            major = self.postgres.installation.major
            postgres = f"PostgreSQL {major} of our own, at 127.0.0.1:{self.postgres.port}"
        else:
            postgres = "the one of DATABASE_URL"
        kafka = self.broker.description if self.broker else "the one of KAFKA_BOOTSTRAP_SERVERS"
        lacks = [f"  lacks: {line}" for line in self.broker.lacks] if self.broker else []
        passed_over = [f"  not used: {line}" for line in self._passed_over]
        return (f"database: {postgres}", f"Kafka: {kafka}, at {self.kafka_bootstrap}", *passed_over, *lacks)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if not self.kafka_bootstrap:
                self.broker = self._start_broker(stack)
                self.kafka_bootstrap = self.broker.bootstrap
            if not self.database_url:
                self.postgres = stack.enter_context(PostgresServer())
                self.database_url = self.postgres.create_database(DATABASE)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _start_broker(self, stack: ExitStack) -> KafkaBroker:
        for kind in self._kinds:
            try:
                return stack.enter_context(self._broker(kind))
            except SandboxError as error:
                if kind == self._kinds[-1]:
                    raise
                self._passed_over.append(f"{kind}: {str(error).splitlines()[0]}")
        raise AssertionError("kinds() names at least one kind")

    def _broker(self, kind: str) -> KafkaBroker:
        match kind:
            case "docker":
                return ContainerKafka(environ=self._environ)
            case "local":
                return LocalKafka(jit=self._jit, environ=self._environ)
            case _:
                return MockKafka()


def kinds(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds of Kafka to try, in order: the one that AUDIT_SANDBOX forces, else all. SandboxError if unknown."""
    forced = environ.get("AUDIT_SANDBOX")
    if not forced:
        return KINDS
    if forced not in KINDS:
        raise SandboxError(
            f"AUDIT_SANDBOX={forced!r} is none of {', '.join(KINDS)}; leave it unset for the best one here"
        )
    return (forced,)
