"""One workspace of the sample traffic: what it is at this moment, so that snapshots before and after are truthful.

A snapshot is never changed in place: a change replaces it by a new one.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, TypeAlias

from catalog.clients import MCP_CLIENTS
from sandbox.traffic import names

Snapshot: TypeAlias = dict[str, Any]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WEB = {"channel": "web", "client": None, "tool": None}
_API = {"channel": "api", "client": None, "tool": None}
_SYSTEM = {"channel": "system", "client": None, "tool": None}


class ScenarioEvent(NamedTuple):
    """One event of a scenario: its type and data, before an identity, a time and a framing are added."""

    ce_type: str
    data: dict[str, Any]


@dataclass(slots=True)
class Workspace:
    """The state. `opening` counts how much of the scripted beginning has happened, `uses` the events taken from examples, by type."""

    rng: Random
    id: str
    domain: str
    settings: Snapshot
    founder: str
    members: dict[str, Snapshot] = field(default_factory=dict)
    invitations: dict[str, Snapshot] = field(default_factory=dict)
    connected: dict[str, Snapshot] = field(default_factory=dict)
    disconnected: dict[str, Snapshot] = field(default_factory=dict)
    schedules: dict[str, Snapshot] = field(default_factory=dict)
    subscription: Snapshot = field(default_factory=lambda: {"plan": "free", "seats": 3, "interval": "month"})
    unpaid_invoice: str = ""
    failed_attempts: int = 0
    analyses: list[str] = field(default_factory=list)
    people: int = 0
    opening: int = 0
    uses: Counter[str] = field(default_factory=Counter)

    def new_id(self, prefix: str) -> str:
        """An id in the manner of Clerk's: prefix, a 2, and 26 letters and digits."""
        return f"{prefix}2{''.join(self.rng.choices(_BASE62, k=26))}"

    def new_email(self) -> str:
        """The address of the next person; after the last name the names start again, with a number."""
        self.people += 1
        round_, person = divmod(self.people - 1, len(names.PEOPLE))
        return f"{names.PEOPLE[person]}{round_ + 1 if round_ else ''}@{self.domain}"

    def by_user(
        self, ce_type: str, facts: dict[str, Any], tool: str | None = None, mcp_share: float = 0.2
    ) -> ScenarioEvent:
        """Done by one of the admins, in the browser, by the API, or through MCP where there is a tool for it."""
        admins = [id for id, member in self.members.items() if member["role"] == "admin"]
        return self.by_member(self.rng.choice(admins), ce_type, facts, tool, mcp_share)

    def by_member(
        self, user_id: str, ce_type: str, facts: dict[str, Any], tool: str | None = None, mcp_share: float = 0.2
    ) -> ScenarioEvent:
        """Done by this member."""
        actor = {"type": "user", "id": user_id, "email": self.members[user_id]["email"]}
        return self._event(ce_type, actor, self._origin(tool, mcp_share), facts)

    def by_service(self, service: str, ce_type: str, facts: dict[str, Any]) -> ScenarioEvent:
        """Done by the emitting service itself."""
        return self._event(ce_type, {"type": "system", "id": service, "email": None}, _SYSTEM, facts)

    def _event(self, ce_type: str, actor: Snapshot, origin: Snapshot, facts: dict[str, Any]) -> ScenarioEvent:
        return ScenarioEvent(ce_type, {"workspace_id": self.id, "actor": actor, "origin": origin, **facts})

    def _origin(self, tool: str | None, mcp_share: float) -> Snapshot:
        dice = self.rng.random()
        if tool and dice < mcp_share:
            return {"channel": "mcp", "client": self.rng.choice(_CLIENTS), "tool": tool}
        return _API if dice > 0.95 else _WEB


# Changes the workspace and gives the event of it, or None where that cannot happen now.
Scenario: TypeAlias = Callable[[Workspace], ScenarioEvent | None]

_CLIENTS = tuple(MCP_CLIENTS)


def founded(rng: Random, number: int) -> Workspace:
    """The workspace of this number, before its first event."""
    name, domain, timezone = names.COMPANIES[number % len(names.COMPANIES)]
    preferences = {"weekly_digest": True, "call_retention_days": 365, "talk_ratio_target": 0.43, "score_card": None}
    settings = {"name": name, "timezone": timezone, "preferences": preferences}
    workspace = Workspace(rng=rng, id="", domain=domain, settings=settings, founder="")
    workspace.id, workspace.founder = workspace.new_id("org_"), workspace.new_id("user_")
    workspace.members[workspace.founder] = {"email": workspace.new_email(), "role": "admin"}
    return workspace
