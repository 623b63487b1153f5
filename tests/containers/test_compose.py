"""deploy/compose.yaml end to end: events in by a producer's hand, entries out to an admin's eyes, and nothing left."""

from collections import Counter
from collections.abc import Sequence

import httpx
from docker.models.containers import Container  # type: ignore[import-untyped]

import schemas
from catalog.topics import topic_of
from sandbox.services.issuer import Person
from sandbox.services.process import wait_until
from sandbox.traffic.generator import Emission
from sandbox.traffic.publisher import producer, publish
from tests.builders import ONE_OF_EACH, WORKSPACE, event
from tests.containers.stack import Stack

LIMIT = 60.0  # seconds that anything may take here
OURS = ("consumer", "reader", "migrate")
ADMIN = Person("Ada", "user_2yVcf2cnAUUdIWwhWuKrOWMgAda", WORKSPACE, "acme", "admin")
MEMBER = ADMIN._replace(label="Mel", user_id="user_2yVcf2cnAUUdIWwhWuKrOWMgMel", role="member")


def fourteen(schema_ids: dict[str, int] | None = None, workspace: str = WORKSPACE) -> list[Emission]:
    """One event of each of the fourteen types for one workspace; in Confluent framing where there are schema ids."""
    emissions = []
    for ce_type, case in ONE_OF_EACH.values():
        message = event(ce_type, case, workspace=workspace, schema_id=schema_ids[ce_type] if schema_ids else None)
        headers = [(name, value or b"") for name, value in message.headers]
        emissions.append(Emission(topic_of(ce_type), message.key or b"", message.value, headers))
    return emissions


def send(stack: Stack, emissions: Sequence[Emission]) -> None:
    assert publish(emissions, producer(stack.at("AUDIT_KAFKA_PORT"))) == len(emissions)


def register(stack: Stack) -> dict[str, int]:
    """Registers the schemas of the fourteen types; the registry's ids by ce_type."""
    url = f"http://{stack.at('AUDIT_REGISTRY_PORT')}/apis/ccompat/v7/subjects"
    ids = {}
    for ce_type, _ in ONE_OF_EACH.values():
        body = {"schema": schemas.latest(ce_type).text}
        answer = httpx.post(f"{url}/{ce_type}/versions", json=body, timeout=30, trust_env=False).raise_for_status()
        ids[ce_type] = int(answer.json()["id"])
    return ids


def total(stack: Stack) -> int:
    """How many entries the admin sees."""
    answer = stack.read("/v1/audit-events", ADMIN)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def until_read(stack: Stack, expected: int) -> None:
    assert wait_until(lambda: total(stack) == expected, LIMIT, pause=0.2), f"{total(stack)} entries, not {expected}"


def test_events_in_both_framings_are_read_back_and_the_books_balance(stack: Stack) -> None:
    """What services send is what the workspace's admin reads, each once, and no one else does."""
    plain = fourteen()
    send(stack, [*plain, *fourteen(register(stack)), *plain])  # the third time as a duplicate
    until_read(stack, 2 * len(ONE_OF_EACH))

    entries = stack.read("/v1/audit-events", ADMIN, limit="200").json()["data"]
    assert Counter(entry["action"] for entry in entries) == dict.fromkeys(ONE_OF_EACH, 2)
    assert stack.read("/v1/audit-events", MEMBER).status_code == 403
    assert wait_until(lambda: stack.status()["totals"]["duplicate"] == len(ONE_OF_EACH), LIMIT, pause=0.2)
    status = stack.status()
    assert (status["balanced"], status["kafka"], status["missing_topics"]) == (True, "ok", [])
    assert status["totals"]["recorded"] == 2 * len(ONE_OF_EACH)
    assert status["totals"]["parked"] == 0


def test_a_consumer_that_is_stopped_and_doubled_loses_and_doubles_nothing(stack: Stack) -> None:
    """SIGTERM to process 1 drains and exits 0; what was sent meanwhile is read by those who come next."""
    before = total(stack)
    stack.compose("stop", "consumer")
    (consumer,) = stack.containers("consumer")
    assert consumer.attrs["State"]["ExitCode"] == 0
    assert '"event": "finished"' in consumer.logs().decode()
    send(stack, fourteen())
    stack.scale("consumer", 2)
    send(stack, fourteen())
    until_read(stack, before + 2 * len(ONE_OF_EACH))
    stack.scale("consumer", 1)
    send(stack, fourteen())
    until_read(stack, before + 3 * len(ONE_OF_EACH))

    assert stack.status()["balanced"]


def test_our_containers_can_change_nothing(stack: Stack) -> None:
    """No root, no writable root, no capability, no way to get one, and limits to what they take."""
    ours = [container for service in OURS for container in stack.containers(service)]
    assert len(ours) >= len(OURS)
    for container in ours:
        host = container.attrs["HostConfig"]
        assert container.attrs["Config"]["User"] == "10001:10001"
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["Memory"] > 0 and host["NanoCpus"] > 0 and host["PidsLimit"] > 0


def test_nothing_is_published_beyond_loopback(stack: Stack) -> None:
    """Every published port of every container is on 127.0.0.1."""
    published = [
        binding["HostIp"]
        for container in stack.containers()
        for bindings in (container.attrs["NetworkSettings"]["Ports"] or {}).values()
        for binding in bindings or []
    ]
    assert set(published) == {"127.0.0.1"}


def test_prometheus_scrapes_both_programs_by_the_rules_of_deploy(stack: Stack) -> None:
    """Both are found by name, no target is down, and the alerts are loaded."""
    wanted = dict.fromkeys(("audit-consumer", "audit-reader", "prometheus"), "up")
    assert wait_until(lambda: stack.targets() == wanted, LIMIT, pause=0.2), stack.targets()
    groups = stack.prometheus("rules")["groups"]
    assert "AuditDataGap" in {rule["name"] for group in groups for rule in group["rules"]}
    assert stack.prometheus("query", query="sum(auditlog_records_total)")["result"]


def test_up_again_changes_nothing_and_takes_a_new_password(stack: Stack) -> None:
    """The jobs may be repeated; a login's changed password reaches database and program alike."""
    before = total(stack)
    stack.change_password("AUDIT_READER_PASSWORD")
    stack.up()

    assert total(stack) == before
    assert stack.status()["balanced"]


def test_a_reader_on_the_standby_answers_without_the_primary(stack: Stack) -> None:
    """The standby has what was there and what comes, also after it was away; the reader is there, and goes back."""
    before = total(stack)
    send(stack, fourteen())
    stack.point_reader_at("standby")
    until_read(stack, before + len(ONE_OF_EACH))
    stack.compose("stop", "standby")
    send(stack, fourteen())
    stack.up("standby")
    assert wait_until(lambda: stack.read("/readyz", ADMIN).status_code == 200, LIMIT, pause=0.2)
    until_read(stack, before + 2 * len(ONE_OF_EACH))
    stack.compose("stop", "postgres")
    assert total(stack) == before + 2 * len(ONE_OF_EACH)
    stack.point_reader_at("postgres")
    until_read(stack, before + 2 * len(ONE_OF_EACH))

    assert stack.status()["balanced"]


def test_no_log_has_a_password(stack: Stack) -> None:
    """Whatever the containers have written until now."""
    logs = {container.name: container.logs().decode(errors="replace") for container in stack.containers()}
    assert len(logs) >= len(OURS)
    assert [(name, setting) for name, log in logs.items() for setting in stack.leaked(log)] == []


def test_a_database_that_is_unavailable_is_waited_for(stack: Stack) -> None:
    """Without its database the consumer stays alive and the reader says so; both go on when it is back."""
    before = total(stack)
    (consumer,) = stack.containers("consumer")
    stack.compose("stop", "postgres")
    send(stack, fourteen())
    assert wait_until(lambda: stack.read("/v1/audit-events", ADMIN).status_code == 503, LIMIT, pause=0.2)
    stack.up()
    until_read(stack, before + len(ONE_OF_EACH))

    assert _starts(consumer) == _starts(stack.containers("consumer")[0])
    assert stack.status()["balanced"]


def test_down_leaves_nothing(stack: Stack) -> None:
    """No container, volume or network of the project remains."""
    assert len(stack.left()) > len(OURS)
    stack.close()

    assert stack.left() == []


def _starts(container: Container) -> str:
    container.reload()
    return str(container.attrs["State"]["StartedAt"])
