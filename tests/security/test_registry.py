"""A registry by https and with a password: whom the client trusts, and what it says when it does not."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

import schemas
from consumer.registry.client import AuthorityUnusable, Registry, RegistryUnavailable
from sandbox.services.registry import SchemaRegistry
from tests.builders import event
from tests.security.authority import PASSWORDS, WRONG, Authority
from tests.security.conftest import Secured
from tests.security.gate import gate
from tests.security.test_kafka import only_fault

SCHEMA = schemas.latest("member.removed").text


class Gate:
    """The registry behind its gate, and a schema in it."""

    def __init__(self, address: str, schema_id: int) -> None:
        self.address, self.schema_id = address, schema_id

    def url(self, password: str = PASSWORDS["registry"], host: str = "localhost") -> str:
        """SCHEMA_REGISTRY_URL with user and password."""
        return self.address.replace("://localhost", f"://ann:{quote(password, safe='')}@{host}")

    def fault(self, url: str, authority: str | None) -> str:
        """What is said when the schema cannot be had."""
        door = Registry(url, authority=authority)
        with pytest.raises(RegistryUnavailable) as caught:
            door.fetch(self.schema_id)
        door.close()
        return str(caught.value)


@pytest.fixture(scope="module")
def behind(registry: SchemaRegistry, authority: Authority) -> Iterator[Gate]:
    """A gate with a certificate that is good."""
    with gate(registry.url, authority.issue("behind.pem"), "ann", PASSWORDS["registry"]) as address:
        yield Gate(address, registry.register("behind-the-gate", SCHEMA))


def test_with_its_authority_and_password_it_answers(behind: Gate, authority: Authority) -> None:
    """The schema is what was registered."""
    door = Registry(behind.url(), authority=str(authority.path))
    assert schemas.latest("member.removed").text in (SCHEMA, door.fetch(behind.schema_id))
    door.close()


def test_what_is_not_trusted_is_reported(
    behind: Gate, registry: SchemaRegistry, authority: Authority, stranger: Authority
) -> None:
    """Each in one line, with what is wrong and the setting; the password is in none."""
    ours = str(authority.path)
    said = {
        "authority": behind.fault(behind.url(), str(stranger.path)),
        "unset": behind.fault(behind.url(), None),
        "name": behind.fault(behind.url(host="127.0.0.1"), ours),
        "password": behind.fault(behind.url(WRONG), ours),
        "plain server": behind.fault(registry.url.replace("http://", "https://ann:x@"), ours),
        "plain client": behind.fault(behind.url().replace("https://", "http://"), ours),
    }
    with gate(registry.url, authority.issue("gate-old.pem", expired=True), "ann", PASSWORDS["registry"]) as address:
        said["expired"] = behind.fault(Gate(address, 0).url(), ours)
    assert "AUDIT_REGISTRY_CA" in said["authority"] and "AUDIT_REGISTRY_CA" in said["unset"]
    assert "not valid for '127.0.0.1'" in said["name"]
    assert "certificate has expired" in said["expired"]
    assert "SCHEMA_REGISTRY_URL's user and password are wrong" in said["password"]
    assert "does SCHEMA_REGISTRY_URL mean http?" in said["plain server"]
    assert "http://localhost" in said["plain client"]
    for words in said.values():
        assert "\n" not in words
        assert PASSWORDS["registry"] not in words and quote(PASSWORDS["registry"], safe="") not in words
        assert WRONG not in words


def test_an_authority_that_cannot_be_read_is_a_wrong_setting(world: Secured, behind: Gate) -> None:
    """Exit code 2 and one line, for a file that is not there and for one that holds something else."""
    world.topic()
    for path in ("/nowhere.pem", __file__):
        with pytest.raises(AuthorityUnusable, match="AUDIT_REGISTRY_CA"):
            Registry(behind.url(), authority=path)
    program = world.consumer(
        "run",
        DATABASE_URL=world.url("writer"),
        SCHEMA_REGISTRY_URL=behind.url(),
        AUDIT_REGISTRY_CA="/nowhere.pem",
    )
    assert program.wait() == 2
    assert "AUDIT_REGISTRY_CA" in only_fault(program, "settings_refused")["error"]


def test_a_refusal_rests_what_needs_it_and_nothing_else(world: Secured, behind: Gate, authority: Authority) -> None:
    """With a wrong password one partition waits and says so, the other is read; with the right one all is."""
    needing, other = world.topic(), world.topic()
    world.allow()
    world.send(needing, [event("member.removed", schema_id=behind.schema_id)])
    settings = {"DATABASE_URL": world.url("writer"), "AUDIT_REGISTRY_CA": str(authority.path)}
    program = world.consumer("run", SCHEMA_REGISTRY_URL=behind.url(WRONG), **settings)
    world.until(
        lambda: any("user and password are wrong" in line["text"] for line in program.logged("registry_unavailable")),
        "it says that it is refused",
        of=[program],
    )
    world.send(other, [event()])
    world.until(lambda: world.count("audit_event") == 1, "the other topic is read", of=[program])
    assert program.stop() == 0
    world.run_until_end(SCHEMA_REGISTRY_URL=behind.url(), **settings)
    world.check()
