"""What the members service says: people are invited, join, change roles and leave."""

from sandbox.traffic.workspace import ScenarioEvent, Workspace

_MAX_MEMBERS = 12


def founder_joined(w: Workspace) -> ScenarioEvent:
    facts = {"member_id": w.founder, "invitation_id": None, "after": w.members[w.founder]}
    return w.by_member(w.founder, "member.joined", facts)


def invited(w: Workspace) -> ScenarioEvent | None:
    if len(w.members) + len(w.invitations) >= _MAX_MEMBERS:
        return None
    invitation_id = w.new_id("orginv_")
    after = {"email": w.new_email(), "role": "admin" if w.rng.random() < 0.2 else "member"}
    w.invitations[invitation_id] = after
    return w.by_user("member.invited", {"invitation_id": invitation_id, "after": after}, "invite_member")


def joined(w: Workspace) -> ScenarioEvent | None:
    if not w.invitations:
        return None
    invitation_id, member_id = next(iter(w.invitations)), w.new_id("user_")
    after = w.members[member_id] = w.invitations.pop(invitation_id)
    facts = {"member_id": member_id, "invitation_id": invitation_id, "after": after}
    return w.by_member(member_id, "member.joined", facts)


def removed(w: Workspace) -> ScenarioEvent | None:
    if len(w.members) < 3:
        return None
    member_id = w.rng.choice(list(w.members)[1:])  # the founder, who came first, stays
    before = w.members.pop(member_id)
    return w.by_user("member.removed", {"member_id": member_id, "before": before}, "remove_member")


def role_changed(w: Workspace) -> ScenarioEvent | None:
    if len(w.members) < 2:
        return None
    member_id = w.rng.choice(list(w.members)[1:])
    before = w.members[member_id]
    after = {**before, "role": "member" if before["role"] == "admin" else "admin"}
    event = w.by_member(
        w.founder,
        "member.role_changed",
        {"member_id": member_id, "before": before, "after": after},
        "change_member_role",
    )
    w.members[member_id] = after
    return event


def signed_in(w: Workspace) -> ScenarioEvent:
    member_id = w.rng.choice(list(w.members))
    return w.by_member(member_id, "member.signed_in", {"member_id": member_id})
