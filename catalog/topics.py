"""Where events come from: the families of event types, the topic of each, and the event types that are not audited (SPEC 3)."""

from typing import NamedTuple


class Family(NamedTuple):
    """The event types whose name begins with `name` and a dot: what people call them, and the topic that carries them."""

    name: str
    label: str
    topic: str


FAMILIES = (
    Family("integration", "Integrations", "callmine.integrations"),
    Family("member", "Members", "callmine.members"),
    Family("billing", "Billing", "callmine.billing"),
    Family("schedule", "Schedules", "callmine.schedules"),
    Family("report", "Reports", "callmine.reports"),
    Family("dashboard", "Dashboards", "callmine.reports"),
    Family("workspace", "Workspace", "callmine.workspaces"),
    Family("analysis", "Analyses", "callmine.analyses"),
)
FAMILY_LABELS = {family.name: family.label for family in FAMILIES}
TOPIC_OF_FAMILY = {family.name: family.topic for family in FAMILIES}

TOPICS = tuple(dict.fromkeys(TOPIC_OF_FAMILY.values()))

IGNORED = (
    "integration.sync_completed",
    "member.signed_in",
    "billing.invoice_paid",
    "schedule.run_completed",
    "report.viewed",
    "dashboard.viewed",
    "workspace.created",
    "analysis.submitted",
    "analysis.completed",
)


def topic_of(ce_type: str) -> str:
    """The topic that carries events of this type; KeyError for a family that no one has listed."""
    return TOPIC_OF_FAMILY[ce_type.partition(".")[0]]
