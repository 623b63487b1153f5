"""What can happen in a workspace. A scenario changes the workspace and gives the event of it, or None where it cannot.

`OPENING` is how every workspace begins, so that every audit type comes soon; `CHANGES` is what goes on afterwards, each as
often as it is listed; `NOISE` are the events that must be ignored.

    billing       the subscription goes up and down, invoices are paid or not
    examples      events of the types that no scenario is written for
    integrations  connections come, go and come back
    members       people are invited, join, change roles and leave
    reports       exports, which are recorded, and reading and analyses, which are not
    schedules     schedules are created, edited, paused, activated, deleted and run
    workspaces    a workspace is created, and its settings change
"""

from sandbox.traffic.scenarios import billing, examples, integrations, members, reports, schedules, workspaces
from sandbox.traffic.workspace import Scenario

# The event types that the scenarios below give; of every other one that the catalog lists, the example is sent.
WRITTEN = (
    "integration.connected", "integration.disconnected", "integration.reconnected", "integration.sync_completed",
    "member.invited", "member.joined", "member.removed", "member.role_changed", "member.signed_in",
    "billing.subscription_changed", "billing.addon_purchased", "billing.payment_failed", "billing.invoice_paid",
    "schedule.created", "schedule.edited", "schedule.activated", "schedule.paused", "schedule.deleted",
    "schedule.run_completed", "report.exported", "report.viewed", "dashboard.viewed", "workspace.settings_changed",
    "workspace.created", "analysis.submitted", "analysis.completed",
)  # fmt: skip
_AUDITED, _IGNORED = examples.unwritten(WRITTEN)

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
    *_AUDITED,
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
    *_AUDITED,
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
    *_IGNORED,
)
