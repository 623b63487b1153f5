"""What the integrations service says: connections come, go and come back."""

from typing import Any

from sandbox.traffic import names
from sandbox.traffic.workspace import ScenarioEvent, Workspace


def connected(w: Workspace) -> ScenarioEvent | None:
    new = [provider for provider in names.SCOPES if provider not in w.connected and provider not in w.disconnected]
    if not new:
        return None
    provider = w.rng.choice(new)
    after = w.connected[provider] = {"account": w.domain, "scopes": list(names.SCOPES[provider][:2])}
    return w.by_user("integration.connected", {"provider": provider, "after": after})


def disconnected(w: Workspace) -> ScenarioEvent | None:
    if not w.connected:
        return None
    provider = w.rng.choice(list(w.connected))
    before = w.disconnected[provider] = w.connected.pop(provider)
    facts: dict[str, Any] = {"provider": provider, "before": before}
    if w.rng.random() < 0.3:
        return w.by_service("integrations", "integration.disconnected", {**facts, "reason": "token_revoked"})
    facts["reason"] = w.rng.choice(names.REASONS)
    return w.by_user("integration.disconnected", facts, "disconnect_integration")


def reconnected(w: Workspace) -> ScenarioEvent | None:
    if not w.disconnected:
        return None
    provider = w.rng.choice(list(w.disconnected))
    before = w.disconnected.pop(provider)
    scopes = list(names.SCOPES[provider][: w.rng.randint(1, 3)])
    after = w.connected[provider] = {**before, "scopes": scopes}
    return w.by_user("integration.reconnected", {"provider": provider, "before": before, "after": after})


def sync_completed(w: Workspace) -> ScenarioEvent | None:
    if not w.connected:
        return None
    facts = {"provider": w.rng.choice(list(w.connected)), "items": w.rng.randrange(2000)}
    return w.by_service("integrations", "integration.sync_completed", facts)
