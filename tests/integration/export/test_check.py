"""Checks: whatever a superuser changes is found."""

from tests.integration.export.world import DAY, World


def test_untouched_database_is_verified(sealed_world: World) -> None:
    world = sealed_world
    assert world.check().exit == 3
    world.record()
    world.record("org_globex", "2026-11-04T00:00:00Z")
    assert world.seal().exit == 0
    world.record(time=f"{DAY}T08:00:00Z")
    world.record("org_new", time=f"{DAY}T08:00:00Z")
    assert world.seal().exit == 0
    world.record("org_later")

    done = world.check()

    assert (done.exit, done.err, done.word) == (0, "", "VERIFIED")
