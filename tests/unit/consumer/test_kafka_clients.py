"""When a client of Kafka that reaches no broker any more is replaced."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from consumer.kafka.renewed_admin import RENEW_SECONDS, RenewedAdmin
from consumer.kafka.silence import SILENT_STATISTICS, Silence


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that only a test moves."""
    now = SimpleNamespace(at=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: now.at)
    return now


def clients() -> RenewedAdmin:
    """An admin client that is another object each time it is made."""
    make: Any = object
    return RenewedAdmin(make)


def test_an_admin_client_that_fails_for_long_is_replaced(clock: SimpleNamespace) -> None:
    """Once; the next one has as long again."""
    admin = clients()
    first = admin.get()
    clock.at += RENEW_SECONDS - 1
    admin.failed()
    assert admin.get() is first
    clock.at += 1
    second = admin.get()
    assert second is not first
    admin.failed()
    clock.at += RENEW_SECONDS - 1
    assert admin.get() is second
    clock.at += 1
    assert admin.get() is not second


def test_one_that_answers_is_kept(clock: SimpleNamespace) -> None:
    """Also one that was not asked for long."""
    admin = clients()
    first = admin.get()
    clock.at += RENEW_SECONDS
    assert admin.get() is first
    admin.failed()
    admin.reached()
    clock.at += RENEW_SECONDS
    assert admin.get() is first
    assert not admin.reached_within(RENEW_SECONDS)
    admin.reached()
    assert admin.reached_within(1)


def test_silence_is_counted_in_statistics() -> None:
    """Any response ends it; the first statistics say nothing yet."""
    silence = Silence()
    for responses in (3, 3, 4):
        silence.on_statistics(json.dumps({"rx": responses}))
    for _ in range(SILENT_STATISTICS - 1):
        silence.on_statistics(json.dumps({"rx": 4}))
        assert not silence.is_long()
    silence.on_statistics(json.dumps({"rx": 4}))
    assert silence.is_long()
    silence.on_statistics(json.dumps({"rx": 5}))
    assert not silence.is_long()
