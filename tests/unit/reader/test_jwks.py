"""Keys are had ahead of need, follow the issuer, survive its outage, and cannot be used to flood it."""

import time
from collections.abc import Callable, Iterator

import pytest

import reader.auth.jwks
from reader.auth.jwks import FetchNeeded, JwksKeys, KeysUnavailable, StaticKey
from sandbox.services.issuer import Issuer
from sandbox.services.process import wait_until


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.close()


@pytest.fixture
def published(issuer: Issuer) -> Iterator[Callable[[], JwksKeys]]:
    """Makes the keys of the issuer."""
    clients: list[JwksKeys] = []

    def make() -> JwksKeys:
        clients.append(JwksKeys(issuer.jwks_url))
        return clients[-1]

    yield make
    for keys in clients:
        keys.close()


def test_the_issuers_key_is_found_by_its_id(issuer: Issuer, published: Callable[[], JwksKeys]) -> None:
    """The first request waits for the first fetch and no other does; a token without an id has no key."""
    keys = published()

    assert keys.find(issuer.key_id).key_id == issuer.key_id
    assert keys.find(None) is None
    assert keys.ready()
    assert issuer.fetches == 1


def test_unknown_ids_do_not_flood_the_issuer(issuer: Issuer, published: Callable[[], JwksKeys]) -> None:
    """A hundred made-up ids within the cooldown cause no fetch at all."""
    keys = published()
    keys.find(issuer.key_id)

    assert [keys.find(f"made-up-{number}") for number in range(100)] == [None] * 100
    assert issuer.fetches == 1


def test_a_new_key_is_looked_for(
    issuer: Issuer, published: Callable[[], JwksKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotated key is taken with one look, once the cooldown is over; the old one is forgotten."""
    keys, old = published(), issuer.key_id
    keys.find(old)
    monkeypatch.setattr(reader.auth.jwks, "COOLDOWN_SECONDS", 0.0)
    issuer.rotate()

    assert keys.find(issuer.key_id).key_id == issuer.key_id
    assert keys.find(old) is None


def test_what_is_held_is_found_without_a_wait(
    issuer: Issuer, published: Callable[[], JwksKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first keys, and once per cooldown for an id that is not known, the issuer has to be asked; no token is judged without."""
    with monkeypatch.context() as slow:
        slow.setattr(JwksKeys, "_fetch", lambda _: time.sleep(0.2))
        with pytest.raises(FetchNeeded):
            published().find_held(issuer.key_id)
    keys = published()
    keys.find(issuer.key_id)

    assert keys.find_held(issuer.key_id).key_id == issuer.key_id
    assert keys.find_held("made-up") is keys.find_held(None) is None
    monkeypatch.setattr(reader.auth.jwks, "COOLDOWN_SECONDS", 0.0)
    with pytest.raises(FetchNeeded):
        keys.find_held("made-up")
    assert keys.find_held(None) is None
    monkeypatch.setattr(reader.auth.jwks, "STALE_SECONDS", 0.0)
    with pytest.raises(KeysUnavailable):
        keys.find_held(issuer.key_id)


def test_a_first_fetch_that_takes_long_refuses_no_token(
    published: Callable[[], JwksKeys], issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing is known of the keys there is an outage, not an unknown key."""
    monkeypatch.setattr(reader.auth.jwks, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(JwksKeys, "_fetch", lambda _: time.sleep(1))
    with pytest.raises(KeysUnavailable):
        published().find(issuer.key_id)


def test_an_outage_of_the_issuer_ends_no_session(
    issuer: Issuer, published: Callable[[], JwksKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that were good stay good while the issuer is down, for a day and not for ever."""
    monkeypatch.setattr(reader.auth.jwks, "REFRESH_SECONDS", 0.01)
    monkeypatch.setattr(reader.auth.jwks, "RETRY_SECONDS", 0.01)
    keys = published()
    keys.find(issuer.key_id)
    issuer.down = True
    assert wait_until(lambda: keys.failures > 3, 10)

    assert keys.find(issuer.key_id).key_id == issuer.key_id
    monkeypatch.setattr(reader.auth.jwks, "STALE_SECONDS", 0.0)
    with pytest.raises(KeysUnavailable):
        keys.find(issuer.key_id)
    assert not keys.ready()


def test_without_any_key_nobody_is_judged(issuer: Issuer, published: Callable[[], JwksKeys]) -> None:
    """An issuer that never answered is an outage, not a bad token."""
    issuer.down = True
    keys = published()

    with pytest.raises(KeysUnavailable):
        keys.find(issuer.key_id)
    assert not keys.ready()


def test_a_given_key_needs_no_network(issuer: Issuer) -> None:
    """A PEM is a key whatever a token calls it; what is none is refused when it is given."""
    assert StaticKey(issuer.pem).find("anything") is not None
    with pytest.raises(ValueError, match="PEM"):
        StaticKey("-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----")
