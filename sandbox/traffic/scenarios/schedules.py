"""What the schedules service says: schedules are created, edited, paused, activated, deleted, and run."""

from typing import Any

from sandbox.traffic import names
from sandbox.traffic.workspace import ScenarioEvent, Snapshot, Workspace

_MAX_SCHEDULES = 8
_BY_MCP = 0.4  # schedules are what people change from a chat


def created(w: Workspace) -> ScenarioEvent | None:
    if len(w.schedules) >= _MAX_SCHEDULES:
        return None
    schedule_id = w.new_id("sch_")
    after = w.schedules[schedule_id] = {
        "name": w.rng.choice(names.SCHEDULES),
        "cron": w.rng.choice(names.CRONS),
        "timezone": w.settings["timezone"],
        "status": "active",
        "recipients": [member["email"] for member in list(w.members.values())[: w.rng.randint(0, 3)]],
        "report": {"template": w.rng.choice(names.TEMPLATES), "format": w.rng.choice(("pdf", "docx", "json"))},
    }
    return w.by_user("schedule.created", {"schedule_id": schedule_id, "after": after}, "create_schedule", _BY_MCP)


def edited(w: Workspace) -> ScenarioEvent | None:
    if not w.schedules:
        return None
    schedule_id, before = w.rng.choice(list(w.schedules.items()))
    return _changed(w, "edited", schedule_id, _edit(w, before), "update_schedule")


def saved_unchanged(w: Workspace) -> ScenarioEvent | None:
    """Someone pressed Save and had changed nothing: an edit that is not to be recorded (SPEC 4, `no_change`)."""
    if not w.schedules:
        return None
    schedule_id, before = w.rng.choice(list(w.schedules.items()))
    return _changed(w, "edited", schedule_id, before, "update_schedule")


def paused(w: Workspace) -> ScenarioEvent | None:
    active = [(id, schedule) for id, schedule in w.schedules.items() if schedule["status"] == "active"]
    if not active:
        return None
    schedule_id, before = w.rng.choice(active)
    after = {**before, "status": "paused"}
    if w.rng.random() < 0.3:  # a quota is used up
        w.schedules[schedule_id] = after
        facts = {"schedule_id": schedule_id, "before": before, "after": after}
        return w.by_service("schedules", "schedule.paused", facts)
    return _changed(w, "paused", schedule_id, after, "pause_schedule")


def activated(w: Workspace) -> ScenarioEvent | None:
    idle = [(id, schedule) for id, schedule in w.schedules.items() if schedule["status"] == "paused"]
    if not idle:
        return None
    schedule_id, before = w.rng.choice(idle)
    return _changed(w, "activated", schedule_id, {**before, "status": "active"}, "resume_schedule")


def deleted(w: Workspace) -> ScenarioEvent | None:
    if len(w.schedules) < 2:
        return None
    schedule_id = w.rng.choice(list(w.schedules))
    facts = {"schedule_id": schedule_id, "before": w.schedules.pop(schedule_id)}
    return w.by_user("schedule.deleted", facts, "delete_schedule", _BY_MCP)


def run_completed(w: Workspace) -> ScenarioEvent | None:
    if not w.schedules:
        return None
    facts = {"schedule_id": w.rng.choice(list(w.schedules)), "run_id": w.new_id("run_")}
    return w.by_service("schedules", "schedule.run_completed", facts)


def _changed(w: Workspace, how: str, schedule_id: str, after: Snapshot, tool: str) -> ScenarioEvent:
    facts = {"schedule_id": schedule_id, "before": w.schedules[schedule_id], "after": after}
    w.schedules[schedule_id] = after
    return w.by_user(f"schedule.{how}", facts, tool, _BY_MCP)


def _edit(w: Workspace, before: Snapshot) -> dict[str, Any]:
    match w.rng.randrange(5):
        case 0:
            return {**before, "cron": _other(w, names.CRONS, before["cron"])}
        case 1:
            return {**before, "timezone": _other(w, names.ZONES, before["timezone"])}
        case 2:
            formats = ("pdf", "docx", "json")
            return {**before, "report": {**before["report"], "format": _other(w, formats, before["report"]["format"])}}
        case 3:
            return {**before, "name": _other(w, names.SCHEDULES, before["name"])}
        case _:
            email = w.members[w.rng.choice(list(w.members))]["email"]
            others = [recipient for recipient in before["recipients"] if recipient != email]
            # Someone who gets the report is taken off the list, anyone else is put on it.
            return {**before, "recipients": others if len(others) < len(before["recipients"]) else [*others, email]}


def _other(w: Workspace, values: tuple[str, ...], value: str) -> str:
    return w.rng.choice([other for other in values if other != value])
