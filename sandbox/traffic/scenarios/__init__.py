"""What can happen in a workspace. A scenario changes the workspace and gives the event of it, or None where it cannot.

`OPENING` is how every workspace begins, so that every audit type comes soon; `CHANGES` is what goes on afterwards, each as
often as it is listed; `NOISE` are the events that must be ignored.
"""

from collections.abc import Callable
from typing import TypeAlias

from sandbox.traffic.scenarios import billing, integrations, members, reports, schedules, workspaces
from sandbox.traffic.workspace import ScenarioEvent, Workspace

Scenario: TypeAlias = Callable[[Workspace], ScenarioEvent | None]

OPENING: tuple[Scenario, ...] = (
    workspaces.created,
    members.founder_joined,
    workspaces.settings_changed,
    members.invited,
    members.joined,
    integrations.connected,
    billing.plan_upgraded,
    schedules.created,
    schedules.edited,
    members.invited,
    members.joined,
    members.role_changed,
    integrations.disconnected,
    integrations.reconnected,
    reports.exported,
    schedules.paused,
    schedules.activated,
    billing.addon_purchased,
    billing.payment_failed,
    billing.plan_downgraded,
    members.removed,
    schedules.created,
    schedules.deleted,
)
CHANGES: tuple[Scenario, ...] = (
    *[schedules.edited] * 8,
    *[reports.exported] * 6,
    *[schedules.created] * 3,
    *[schedules.paused] * 3,
    *[schedules.activated] * 3,
    *[schedules.deleted] * 2,
    *[workspaces.settings_changed] * 3,
    *[members.invited] * 3,
    *[members.joined] * 3,
    *[members.role_changed] * 2,
    *[members.removed] * 2,
    *[integrations.disconnected] * 2,
    *[integrations.reconnected] * 2,
    integrations.connected,
    *[billing.plan_upgraded] * 2,
    *[billing.plan_downgraded] * 2,
    billing.addon_purchased,
    billing.payment_failed,
    schedules.saved_unchanged,
)
NOISE: tuple[Scenario, ...] = (
    *[reports.viewed] * 5,
    *[reports.dashboard_viewed] * 5,
    *[members.signed_in] * 4,
    *[reports.analysis_submitted] * 3,
    *[reports.analysis_completed] * 3,
    *[integrations.sync_completed] * 2,
    *[schedules.run_completed] * 2,
    billing.invoice_paid,
)
