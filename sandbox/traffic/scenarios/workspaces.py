"""What the workspaces service says: a workspace is created, and its settings change."""

from typing import Any

from sandbox.traffic import names
from sandbox.traffic.workspace import ScenarioEvent, Workspace


def created(w: Workspace) -> ScenarioEvent:
    return w.by_member(w.founder, "workspace.created", {"after": w.settings})


def settings_changed(w: Workspace) -> ScenarioEvent:
    before = w.settings
    w.settings = {**before, **_change(w)}
    facts = {"before": before, "after": w.settings}
    return w.by_user("workspace.settings_changed", facts, "update_workspace_settings")


def _change(w: Workspace) -> dict[str, Any]:
    was = w.settings["preferences"]
    match w.rng.randrange(7):
        case 0:
            base = w.settings["name"].removesuffix(" (EMEA)")
            return {"name": base if base != w.settings["name"] else f"{base} (EMEA)"}
        case 1:
            return {"timezone": w.rng.choice([zone for zone in names.ZONES if zone != w.settings["timezone"]])}
        case 2:
            return {"preferences": {**was, "weekly_digest": not was["weekly_digest"]}}
        case 3:
            return {"preferences": {**was, "call_retention_days": was["call_retention_days"] + 30}}
        case 4:
            return {"preferences": {**was, "talk_ratio_target": round(w.rng.uniform(0.3, 0.7), 3)}}
        case 5:
            return {"preferences": {**was, "score_card": "meddic" if was["score_card"] is None else None}}
        case _:
            return {"preferences": {**was, "crm_token": w.new_id("tok_sample_")}}
