"""Where events come from: the seven topics, and the event types that are listed as not audited (SPEC 3)."""

# The part of a ce_type before its dot says which topic carries it.
TOPIC_OF_FAMILY = {
    "integration": "callmine.integrations",
    "member": "callmine.members",
    "billing": "callmine.billing",
    "schedule": "callmine.schedules",
    "report": "callmine.reports",
    "dashboard": "callmine.reports",
    "workspace": "callmine.workspaces",
    "analysis": "callmine.analyses",
}

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
