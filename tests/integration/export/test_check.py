"""`check` on databases that no one has touched; what a superuser does to them is in test_tampering."""

from tests.integration.export.world import DAY, World


def test_untouched_database_is_verified(sealed_world: World) -> None:
    """Sealed entries of some workspaces, in several seals; what is not sealed yet is no finding."""
    world = sealed_world
    assert world.check().exit == 3
    for number in range(3):
        world.record(time=f"2026-11-0{3 - number}T08:00:00Z")
        world.record(f"org_{number}", time=f"{DAY}T08:00:00Z")
        assert world.seal().exit == 0
    world.record("org_later")

    done = world.check()

    assert (done.exit, done.err) == (0, "")
    assert done.out.startswith("VERIFIED - 6 entries of 5 workspaces")
    assert "with the checkpoint of AUDIT_SEAL_DIR" in done.out
    assert "NOTHING" in world.check(AUDIT_SEAL_DIR=None).out


def test_every_finding_is_reported(sealed_world: World) -> None:
    """One does not hide the others."""
    world = sealed_world
    for workspace in ("org_a", "org_b", "org_c"):
        world.record(workspace)
    assert world.seal().exit == 0
    world.tamper("UPDATE audit_event SET trace_id = 'x' WHERE workspace_id IN ('org_a', 'org_b')")
    world.tamper("DELETE FROM audit_event WHERE workspace_id = 'org_c'")

    done = world.check()

    assert done.exit == 1
    assert all(words in done.err for words in ("'org_a'", "'org_b'", "are gone"))
