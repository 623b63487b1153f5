"""The order of the plans, and the rule that decides whether a change is an upgrade or a downgrade (SPEC 4)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

PLANS = ("free", "starter", "pro", "business", "enterprise")
INTERVALS = ("month", "year")

_RANK = {plan: rank for rank, plan in enumerate(PLANS)}
_INTERVAL_RANK = {interval: rank for rank, interval in enumerate(INTERVALS)}


class Direction(StrEnum):
    """What a change of subscription is."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    NO_CHANGE = "no_change"


class UnknownPlan(ValueError):
    """A plan that is not in `PLANS`; whether the change is an upgrade would be a guess."""

    def __init__(self, plan: str) -> None:
        super().__init__(plan)
        self.plan = plan


def direction(before: Mapping[str, Any], after: Mapping[str, Any]) -> Direction:
    """Compares two subscriptions {plan, seats, interval} by plan, then seats, then interval; raises UnknownPlan."""
    was, now = _height(before), _height(after)
    if was == now:
        return Direction.NO_CHANGE
    return Direction.UPGRADE if now > was else Direction.DOWNGRADE


def _height(subscription: Mapping[str, Any]) -> tuple[int, int, int]:
    plan = subscription["plan"]
    if plan not in _RANK:
        raise UnknownPlan(plan)
    return _RANK[plan], subscription["seats"], _INTERVAL_RANK[subscription["interval"]]
