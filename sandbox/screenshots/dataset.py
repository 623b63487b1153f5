"""What the pictures show: weeks of sample traffic in one workspace, and at its end an afternoon that one can read."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import schemas
from catalog.topics import topic_of
from runtime.timestamps import iso
from sandbox.services.issuer import Person
from sandbox.traffic.generator import Emission, Traffic, stepping_clock

SEED, EVENTS, DAYS = 7, 3400, 60
LONG = 11_000  # entries
EMPTY = "org_2wJ0nothing0yet0x7c1QhRkPzV"


class Dataset(NamedTuple):
    """The events, and the two workspaces that they are of."""

    emissions: tuple[Emission, ...]
    ours: str
    theirs: str


class People(NamedTuple):
    """Who can sign in: an admin and a member of the same workspace, admins of another and of an empty one, and someone who chose none."""

    admin: Person
    member: Person
    other: Person
    newcomer: Person
    undecided: Person


def dataset_until(now: datetime) -> Dataset:
    """Everything that happened until `now`."""
    step = timedelta(days=DAYS) / EVENTS
    traffic = list(islice(Traffic(SEED, 2, stepping_clock(now - step * (EVENTS + 20), step)), EVENTS))
    ours, theirs = list(dict.fromkeys(emission.key.decode() for emission in traffic))[:2]
    return Dataset((*traffic, *_afternoon(ours, now)), ours, theirs)


def long_list(workspace: str, now: datetime) -> Iterator[Emission]:
    """More entries than are counted at once, one a minute."""
    return (emission(workspace, now - timedelta(minutes=number), "schedule.paused") for number in range(1, LONG + 1))


def people_of(dataset: Dataset) -> People:
    """The people who can sign in to the workspaces of the data set."""
    return People(
        Person("Dana, admin of Northwind Freight", "user_2demodana", dataset.ours, "northwind-freight", "admin"),
        Person("Max, member of Northwind Freight", "user_2demomax", dataset.ours, "northwind-freight", "member"),
        Person("Olga, admin of another workspace", "user_2demoolga", dataset.theirs, "muenchner-vertrieb", "admin"),
        Person("Nils, admin of a new workspace", "user_2demonils", EMPTY, "harbour-and-pine", "admin"),
        Person("Nora, in no workspace yet", "user_2demonora", None, "", "admin"),
    )


def _afternoon(workspace: str, now: datetime) -> Iterator[Emission]:
    """Examples of `schemas/`, as if they had happened in `workspace` in the last hours."""
    for minutes, ce_type, case, changed in _EXAMPLES:
        yield emission(workspace, now - timedelta(minutes=minutes, seconds=minutes * 7 % 60), ce_type, case, **changed)


def emission(workspace: str, at: datetime, ce_type: str, case: str = "plain", **changed: Any) -> Emission:
    """An example as an event of `workspace` at a time; `changed` replaces fields of its data."""
    example = next(example for example in schemas.examples() if (example.ce_type, example.case) == (ce_type, case))
    data = {**deepcopy(dict(example.data)), "workspace_id": workspace, **changed}
    headers = {**example.headers, "ce_time": iso(at), "ce_id": f"{example.headers['ce_id'][:24]}{at:%m%d%H%M%S%f}"[:36]}
    value = schemas.encode_single_object(schemas.latest(ce_type), data)
    return Emission(
        topic_of(ce_type), workspace.encode(), value, [(name, text.encode()) for name, text in headers.items()]
    )


def _schedule(**changed: Any) -> dict[str, Any]:
    plain = {
        "name": "Weekly pipeline",
        "cron": "0 9 * * 1",
        "timezone": "America/New_York",
        "status": "active",
        "recipients": ["dana.whitfield@northwind.example", "sam.okafor@northwind.example"],
        "report": {"template": "pipeline_review", "format": "pdf"},
    }
    return plain | changed


_BY_CHAT = {"channel": "mcp", "client": "claude-desktop", "tool": "update_schedule"}
_EDITED = {
    "origin": _BY_CHAT,
    "before": _schedule(),
    "after": _schedule(
        cron="0 8 * * 1",
        recipients=[
            "dana.whitfield@northwind.example",
            "priya.raman@northwind.example",
            "marc.oduya@northwind.example",
        ],
        report={"template": "pipeline_review", "format": "docx"},
    ),
}
# Minutes ago, what, which example, and what is changed of it.
_EXAMPLES: tuple[tuple[int, str, str, dict[str, Any]], ...] = (
    (212, "integration.connected", "plain", {}),
    (187, "member.invited", "plain", {}),
    (164, "billing.payment_failed", "plain", {}),
    (148, "member.role_changed", "plain", {}),
    (121, "workspace.settings_changed", "preference_secret", {}),
    (96, "integration.disconnected", "system_token_revoked", {}),
    (74, "report.exported", "plain", {}),
    (51, "billing.subscription_changed", "upgrade_by_seats", {}),
    (33, "workspace.settings_changed", "preference_absent_is_not_null", {}),
    (19, "schedule.paused", "plain", {}),
    (7, "schedule.edited", "plain", _EDITED),
    (2, "member.joined", "plain", {}),
)
