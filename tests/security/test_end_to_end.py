"""Everything by TLS, each program with a login of its own and no more than docs/security.md lists: it works."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest

import schemas
from sandbox.services.issuer import Issuer, Person
from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from sandbox.services.registry import SchemaRegistry
from tests.builders import WORKSPACE, event, events
from tests.e2e.topics import LIMIT
from tests.e2e.world import operate
from tests.security.authority import PASSWORDS, Authority
from tests.security.conftest import Secured
from tests.security.gate import gate


def read_back(world: Secured, path: Path) -> httpx.Response:
    """What `audit-reader serve`, as its own login, shows an admin of the first workspace."""
    port = free_port()
    url, issuer = f"http://127.0.0.1:{port}", Issuer()
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": world.url("reader"),
        "AUDIT_READER_BIND": f"127.0.0.1:{port}",
        "CLERK_ISSUER": "https://clerk.callmine.example",
        "CLERK_AUTHORIZED_PARTIES": "https://app.callmine.example",
        "CLERK_JWT_KEY": issuer.pem,
    }
    admin = Person("Dana", "user_2dana", f"{WORKSPACE}0", "first", "admin")
    token = issuer.token(admin, iss=environ["CLERK_ISSUER"], azp=environ["CLERK_AUTHORIZED_PARTIES"])
    with path.open("wb") as log:
        reader = subprocess.Popen([sys.executable, "-m", "reader", "serve"], env=environ, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=url, trust_env=False) as client:

            def ready() -> bool:
                try:
                    return client.get("/readyz").status_code == 200
                except httpx.TransportError:  # it does not listen yet
                    return False

            assert wait_until(ready, LIMIT), path.read_text()
            return client.get("/v1/audit-events", headers={"Authorization": f"Bearer {token}"})
    finally:
        reader.terminate()
        reader.wait(LIMIT)
        issuer.close()


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_records_become_entries_that_are_read(
    world: Secured, registry: SchemaRegistry, authority: Authority, protocol: str, tmp_path: Path
) -> None:
    """In by SASL_SSL, schema by https with a password, into PostgreSQL and out of it by verify-full; books balanced."""
    topic = world.topic(2)
    world.allow()
    schema_id = registry.register(f"secure-{protocol}", schemas.latest("member.removed").text)
    world.send(topic, events(40))
    world.send(topic, [event("member.removed", schema_id=schema_id)])
    world.send(topic, [event().with_headers(ce_type="member.unheard_of")], "parked")
    user = f"ann:{quote(PASSWORDS['registry'], safe='')}@"
    with gate(registry.url, authority.issue("gate.pem"), "ann", PASSWORDS["registry"]) as address:
        process = world.run_until_end(
            DATABASE_URL=world.url("writer"),
            SCHEMA_REGISTRY_URL=address.replace("://", f"://{user}"),
            AUDIT_REGISTRY_CA=str(authority.path),
            KAFKA_CONFIG_GROUP_PROTOCOL=protocol,
            AUDIT_METRICS_BIND=f"127.0.0.1:{free_port()}",
        )
    world.check()
    assert not process.logged("claim_delayed") and not process.logged("poller_delayed"), process.tail()
    answer = read_back(world, tmp_path / "reader.log")
    assert answer.json()["total"] == world.value(
        "SELECT count(*) FROM audit_event WHERE workspace_id = %(id)s", id=f"{WORKSPACE}0"
    )
    assert world.secrets_in((tmp_path / "reader.log").read_text()) == []


def test_operators_do_all_of_theirs(world: Secured, kafka: object) -> None:
    """Each command with the login of `audit_operator` and the ACLs of the consumer: nothing more is needed."""
    topic = world.topic()
    world.allow()
    (parked, dismissed) = (event().with_headers(ce_type=f"member.unheard_of_{number}") for number in (1, 2))
    world.send(topic, [parked, dismissed], "parked")
    world.send(topic, events(3))
    world.run_until_end(DATABASE_URL=world.url("writer"))
    operate(world, "parked", "list")
    operate(world, "parked", "show", "1")
    operate(world, "parked", "dismiss", "2", "--reason", "test data")
    operate(world, "rewind", topic, "0", "--to-offset", "3", "--reason", "a look")
    world.expected["duplicate"] += 2
    world.run_until_end(DATABASE_URL=world.url("writer"))
    world.check()
    world.delete_records(topic, 0, before=5)
    world.send(topic, events(2))
    gone = events(1)
    world.send(topic, gone)
    world.delete_records(topic, 0, before=8)
    stopped = world.consumer("run", "--until-end", DATABASE_URL=world.url("writer"))
    assert stopped.wait() == 1
    operate(world, "gaps", "list")
    operate(world, "gaps", "accept", "1", "--reason", "deleted by this test")
    operate(world, "status", "--count-entries")


def test_the_schema_is_made_by_a_login_that_only_may_make_roles(world: Secured, postgres: object) -> None:
    """`migrate` over TLS, by a login that owns the database and has CREATEROLE; and again, changing nothing."""
    with psycopg.connect(world.database_url, autocommit=True) as admin:
        admin.execute(
            "GRANT audit_owner, audit_writer, audit_reader, audit_operator, audit_sealer, audit_exporter TO migrator"
        )
        admin.execute("CREATE DATABASE fresh_migrated OWNER migrator TEMPLATE template0 ENCODING 'UTF8'")
    url = world.url("migrator").replace(f"/{world.value('SELECT current_database()')}?", "/fresh_migrated?")
    try:
        for _ in range(2):
            operate_as(world, url)
    finally:
        with psycopg.connect(world.database_url, autocommit=True) as admin:
            admin.execute("DROP DATABASE fresh_migrated WITH (FORCE)")


def operate_as(world: Secured, url: str) -> None:
    """`audit-consumer migrate` at `url`, which must succeed."""
    program = world.consumer("migrate", DATABASE_URL=url)
    assert program.wait() == 0, program.tail()


def test_a_traceback_gives_nothing_away(world: Secured) -> None:
    """A mistake of ours, with everything that librdkafka can say switched on: a traceback, and no password in it."""
    topic = world.topic()
    world.allow()
    world.send(topic, events(1))
    program = world.consumer(
        failpoint=["taken", "raise"],
        DATABASE_URL=world.url("writer"),
        KAFKA_CONFIG_DEBUG="all",
    )
    assert program.wait(LIMIT) == 1
    assert "Traceback" in program.log.read_text()
