"""What can happen in a workspace. Each function changes the workspace and says so, or says None where it cannot.

`OPENING` is how every workspace begins, so that all fourteen audit types come soon; `CHANGES` is what goes on
afterwards, as often as it is listed; `NOISE` is what must be ignored.
"""

from collections.abc import Callable
from typing import TypeAlias

from sandbox.traffic.scenarios import billing, integrations, members, reports, schedules, workspaces
from sandbox.traffic.workspace import Happening, Workspace

Happens: TypeAlias = Callable[[Workspace], Happening | None]

OPENING: tuple[Happens, ...] = (
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
CHANGES: tuple[Happens, ...] = (
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
NOISE: tuple[Happens, ...] = (
    *[reports.viewed] * 5,
    *[reports.dashboard_viewed] * 5,
    *[members.signed_in] * 4,
    *[reports.analysis_submitted] * 3,
    *[reports.analysis_completed] * 3,
    *[integrations.sync_completed] * 2,
    *[schedules.run_completed] * 2,
    billing.invoice_paid,
)
