"""Rotating credentials by docs/runbook.md, under load: logins of the database and users of Kafka."""

import psycopg
from confluent_kafka.admin._scram import ScramMechanism, UserScramCredentialDeletion

from sandbox.services.kafka import LocalKafka
from tests.e2e.program import Program
from tests.e2e.world import operate
from tests.ops.load import flows, has_joined, load
from tests.ops.runbook import Procedure
from tests.security.authority import PASSWORDS, enroll
from tests.security.conftest import Secured


def test_rotating_credentials(world: Secured, kafka: LocalKafka) -> None:
    """Two consumers move to a new login and a new user, one by one; the old ones are then dropped, and nothing stops."""
    topic = world.topic(4)
    world.allow()
    enroll(kafka.bootstrap, "outgoing", PASSWORDS["consumer"])
    world.allow(user="outgoing")
    admin = psycopg.connect(world.database_url, autocommit=True)
    admin.execute(f"CREATE ROLE outgoing LOGIN NOINHERIT PASSWORD '{PASSWORDS['writer']}'".encode())
    admin.execute("GRANT audit_writer TO outgoing")
    before = {
        "DATABASE_URL": world.url("outgoing", PASSWORDS["writer"]),
        "KAFKA_CONFIG_SASL_USERNAME": "outgoing",
        "KAFKA_CONFIG_SASL_PASSWORD": PASSWORDS["consumer"],
    }
    after = {
        "DATABASE_URL": world.url("incoming", PASSWORDS["migrator"]),
        "KAFKA_CONFIG_SASL_USERNAME": "incoming",
        "KAFKA_CONFIG_SASL_PASSWORD": PASSWORDS["reader"],
    }
    consumers = [world.consumer("run", **before) for _ in range(2)]
    with load(world, [topic]):
        for program in consumers:
            has_joined(world, program)
        drill = Procedure("Rotating credentials")
        for start in ("CREATE ROLE", "GRANT audit_writer"):
            named = drill.line(start).replace("NEW_LOGIN", "incoming").replace("NEW_PASSWORD", PASSWORDS["migrator"])
            admin.execute(named.encode())
        drill.line("kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type users --entity-name NEW_USER")
        enroll(kafka.bootstrap, "incoming", PASSWORDS["reader"])
        drill.line("kafka-acls.sh")
        drill.line("kafka-acls.sh")
        world.allow(user="incoming")
        drill.line("kill -TERM PID")
        drill.line("audit-consumer run")
        moved: list[Program] = []
        for program in consumers:
            assert program.stop() == 0
            moved.append(world.consumer("run", **after))
            has_joined(world, moved[-1])
        operate(world, *drill.command("status"))
        admin.execute(drill.line("DROP ROLE").replace("OLD_LOGIN", "outgoing").encode())
        drill.line("kafka-configs.sh")
        gone = UserScramCredentialDeletion("outgoing", ScramMechanism.SCRAM_SHA_512)
        for future in world.admin.alter_user_scram_credentials([gone]).values():
            future.result()
        drill.over()
        flows(world, *moved)
    world.until_read(*moved)
    for program in moved:
        assert program.stop() == 0
    world.check()
    admin.execute("DROP ROLE incoming")
    admin.close()
