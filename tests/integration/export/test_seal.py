"""Seals: what is new is in exactly one, in its place; what was signed is in the folder and in the tables."""

from tests.integration.export.world import DAY, World


def test_first_seals(sealed_world: World) -> None:
    """Entries of some workspaces and days; a seal with nothing new; more entries of the same day."""
    world = sealed_world
    world.record()
    world.record(time=f"{DAY}T09:00:00Z", subject_label='say "hi"\n, =x', actor_email="=a@x.io")
    world.record("org_globex", "2026-11-04T00:00:00Z")

    assert world.seal().exit == 0
    assert world.seal().exit == 0
    world.record(time=f"{DAY}T08:00:00Z")
    done = world.seal()

    assert (done.exit, done.err) == (0, "")
    assert len(world.records()) == 3
    assert world.rows("SELECT seal, entries FROM audit_sealed_day ORDER BY seal, entries") == [(0, 1), (0, 2), (2, 3)]
