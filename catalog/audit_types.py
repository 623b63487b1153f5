"""THE list: the audit types, what feeds each, and what is stored of it (SPEC 3 and 4).

An entry is data. What cannot be data is a function of a few lines, listed in `CHOICES`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from catalog import plans
from catalog.definitions import AuditType, Facet, FacetOf, Feed, Field, Subject, repeated, require
from catalog.reasons import IgnoreReason, ParkReason
from catalog.topics import IGNORED, TOPIC_OF_FAMILY

# The name of an audit type, or why there is none; for a parked one with the detail that a person needs.
Choice: TypeAlias = str | IgnoreReason | tuple[ParkReason, str]
Choose: TypeAlias = Callable[[Mapping[str, Any]], Choice]

_PROVIDER = Facet("provider", "Provider", FacetOf.EVENT, (("gong", "Gong"), ("hubspot", "HubSpot"), ("slack", "Slack")))
_FORMAT = Facet("format", "Format", FacetOf.EVENT, (("pdf", "PDF"), ("docx", "Word"), ("json", "JSON")))
_ATTEMPT = Facet("attempt", "Attempt", FacetOf.EVENT)
_OPERATION = Facet(
    "operation",
    "Operation",
    FacetOf.OPERATION,
    tuple((word, word) for word in ("created", "edited", "activated", "paused", "deleted")),
)
_SETTING = Facet(
    "setting",
    "Setting",
    FacetOf.CHANGED,
    (("name", "name"), ("timezone", "time zone"), ("preferences", "preferences")),
)

_INTEGRATION = Subject("integration", id="provider", label="account")
_MEMBER = Subject("member", id="member_id", label="email", prefix="user_")
# A workspace has one subscription, which has no id of its own; an add-on's name is a text, not an identity.
_SUBSCRIPTION = Subject("subscription", id="workspace_id", label="plan", prefix="org_")

_CONNECTION = (Field("account"), Field("scopes"))
_MEMBERSHIP = (Field("email"), Field("role"))
_PLAN = (Field("plan"), Field("seats"), Field("interval"))

CATALOG = (
    AuditType(
        name="integration.connected",
        label="Integration connected",
        feeds=(Feed("integration.connected"),),
        subject=_INTEGRATION,
        tracked=_CONNECTION,
        facets=(_PROVIDER,),
        sentence="{actor} connected {provider} ({subject})",
    ),
    AuditType(
        name="integration.disconnected",
        label="Integration disconnected",
        feeds=(Feed("integration.disconnected"),),
        subject=_INTEGRATION,
        tracked=_CONNECTION,
        context=(Field("reason"),),
        facets=(_PROVIDER,),
        sentence="{actor} disconnected {provider} ({subject})",
    ),
    AuditType(
        name="integration.reconnected",
        label="Integration reconnected",
        feeds=(Feed("integration.reconnected"),),
        subject=_INTEGRATION,
        tracked=_CONNECTION,
        facets=(_PROVIDER,),
        sentence="{actor} reconnected {provider} ({subject})",
        detailed="{actor} reconnected {provider} ({subject}){changes}",
    ),
    AuditType(
        name="member.invite_sent",
        label="Invitation sent",
        feeds=(Feed("member.invited"),),
        subject=Subject("invitation", id="invitation_id", label="email"),
        tracked=_MEMBERSHIP,
        sentence="{actor} invited {subject}",
        detailed="{actor} invited {subject} as {after_role}",
    ),
    AuditType(
        name="member.added",
        label="Member added",
        feeds=(Feed("member.joined"),),
        subject=_MEMBER,
        tracked=_MEMBERSHIP,
        context=(Field("invitation_id", is_id=True),),
        sentence="{subject} joined the workspace",
        detailed="{subject} joined the workspace as {after_role}",
    ),
    AuditType(
        name="member.removed",
        label="Member removed",
        feeds=(Feed("member.removed"),),
        subject=_MEMBER,
        tracked=_MEMBERSHIP,
        sentence="{actor} removed {subject} from the workspace",
    ),
    AuditType(
        name="member.role_changed",
        label="Member role changed",
        feeds=(Feed("member.role_changed", edit=True),),
        subject=_MEMBER,
        tracked=_MEMBERSHIP,
        sentence="{actor} changed the role of {subject}",
        detailed="{actor} changed the role of {subject} from {before_role} to {after_role}{others}",
        otherwise="{actor} changed the membership of {subject}{unnamed}",
    ),
    AuditType(
        name="billing.plan_upgraded",
        label="Plan upgraded",
        feeds=(Feed("billing.subscription_changed", edit=True),),
        subject=_SUBSCRIPTION,
        tracked=_PLAN,
        sentence="{actor} upgraded the subscription to {subject}",
        detailed="{actor} upgraded the subscription from {before_plan} to {after_plan}{others}",
        otherwise="{actor} upgraded the {subject} subscription{unnamed}",
    ),
    AuditType(
        name="billing.plan_downgraded",
        label="Plan downgraded",
        feeds=(Feed("billing.subscription_changed", edit=True),),
        subject=_SUBSCRIPTION,
        tracked=_PLAN,
        sentence="{actor} downgraded the subscription to {subject}",
        detailed="{actor} downgraded the subscription from {before_plan} to {after_plan}{others}",
        otherwise="{actor} downgraded the {subject} subscription{unnamed}",
    ),
    AuditType(
        name="billing.addon_purchased",
        label="Add-on purchased",
        feeds=(Feed("billing.addon_purchased"),),
        subject=Subject("subscription", id="workspace_id", label="addon", prefix="org_"),
        facts=(Field("addon"), Field("quantity"), Field("amount")),
        sentence="{actor} bought the add-on {subject}",
        detailed="{actor} bought {after_quantity} of the add-on {subject} for {amount}",
        otherwise="{actor} bought {after_quantity} of the add-on {subject}",
    ),
    AuditType(
        name="billing.payment_failed",
        label="Payment failed",
        feeds=(Feed("billing.payment_failed"),),
        subject=Subject("invoice", id="invoice_id"),
        facts=(Field("attempt"), Field("amount"), Field("failure_code")),
        facets=(_ATTEMPT,),
        sentence="Payment of invoice {subject} failed (attempt {attempt})",
        detailed="Payment of {amount} failed (attempt {attempt})",
    ),
    AuditType(
        name="schedule.lifecycle_changed",
        label="Schedule changed",
        feeds=(
            Feed("schedule.created", operation="created"),
            Feed("schedule.edited", operation="edited", edit=True),
            Feed("schedule.activated", operation="activated"),
            Feed("schedule.paused", operation="paused"),
            Feed("schedule.deleted", operation="deleted"),
        ),
        subject=Subject("schedule", id="schedule_id", label="name"),
        tracked=tuple(map(Field, ("name", "cron", "timezone", "status", "recipients", "report"))),
        facets=(_OPERATION,),
        sentence="{actor} {operation} the schedule {subject}",
        detailed="{actor} {operation} the schedule {subject}{edits}",
    ),
    AuditType(
        name="report.exported",
        label="Report exported",
        feeds=(Feed("report.exported"),),
        subject=Subject("report", id="report_id", label="title"),
        facts=(Field("title"), Field("format")),
        facets=(_FORMAT,),
        sentence="{actor} exported the report {subject} as {format}",
    ),
    AuditType(
        name="workspace.settings_updated",
        label="Workspace settings updated",
        feeds=(Feed("workspace.settings_changed", edit=True),),
        subject=Subject("workspace", id="workspace_id", label="name", prefix="org_"),
        tracked=(Field("name"), Field("timezone"), Field("preferences", open_map=True)),
        facets=(_SETTING,),
        sentence="{actor} changed the settings of {subject} ({setting})",
        detailed="{actor} changed {fields} in the settings{values}",
    ),
)


def _plan_change(data: Mapping[str, Any]) -> Choice:
    """Whether a plan change goes up, down or neither; an unknown plan is never guessed (SPEC 4)."""
    try:
        way = plans.direction(data["before"], data["after"])
    except plans.UnknownPlan as unknown:
        return ParkReason.UNKNOWN_PLAN, f"{unknown.plan!r:.80} is not one of {', '.join(plans.PLANS)}"
    if way is plans.Direction.NO_CHANGE:
        return IgnoreReason.NO_CHANGE
    return "billing.plan_upgraded" if way is plans.Direction.UPGRADE else "billing.plan_downgraded"


# For an event type that feeds more than one audit type: which one, by its data.
CHOICES: Mapping[str, Choose] = MappingProxyType({"billing.subscription_changed": _plan_change})


class Route(NamedTuple):
    """What an audited ce_type becomes: pairs of audit type and feed, and the function that chooses if there are several."""

    ways: Mapping[str, tuple[AuditType, Feed]]
    choose: Choose | None


def by_name(catalog: tuple[AuditType, ...]) -> Mapping[str, AuditType]:
    """The catalog by audit type; CatalogError for a name listed twice, or of a family that is not listed."""
    twice = repeated(audit_type.name for audit_type in catalog)
    require(twice is None, f"{twice} is listed twice")
    for audit_type in catalog:
        require(
            audit_type.family in TOPIC_OF_FAMILY, f"{audit_type.name}: its family is not listed in catalog/topics.py"
        )
    return MappingProxyType({audit_type.name: audit_type for audit_type in catalog})


def by_ce_type(
    catalog: tuple[AuditType, ...], ignored: tuple[str, ...], choices: Mapping[str, Choose]
) -> Mapping[str, Route]:
    """The catalog by what feeds it; CatalogError for a ce_type that is claimed twice, or that no topic carries."""
    ways: dict[str, dict[str, tuple[AuditType, Feed]]] = {}
    for audit_type in catalog:
        for feed in audit_type.feeds:
            fed = ways.setdefault(feed.ce_type, {})
            require(audit_type.name not in fed, f"{feed.ce_type} feeds {audit_type.name} twice")
            fed[audit_type.name] = (audit_type, feed)
    twice = repeated([*ways, *ignored])
    require(twice is None, f"{twice} is both audited and ignored, or ignored twice")
    several = {ce_type for ce_type, fed in ways.items() if len(fed) > 1}
    require(several == choices.keys(), f"a choice is missing or idle: {sorted(several ^ choices.keys())}")
    for ce_type in (*ways, *ignored):
        require(
            ce_type.partition(".")[0] in TOPIC_OF_FAMILY,
            f"no topic carries {ce_type}: list its family in catalog/topics.py",
        )
    return MappingProxyType({ce_type: Route(fed, choices.get(ce_type)) for ce_type, fed in ways.items()})


BY_NAME = by_name(CATALOG)
BY_CE_TYPE = by_ce_type(CATALOG, IGNORED, CHOICES)
