"""Packages: what `create` makes, its receiver verifies; what was not signed, it refuses."""

from tests.integration.export.world import DAY, World


def test_package_is_verified_by_its_receiver(sealed_world: World) -> None:
    world = sealed_world
    world.record()
    world.record(time=f"{DAY}T09:00:00Z", subject_label='say "hi"\n, =x', actor_email="=a@x.io")
    world.record("org_globex", "2026-11-04T00:00:00Z")
    assert world.seal().exit == 0
    known = world.path / "known"
    known.write_bytes((world.folder / "checkpoint").read_bytes())
    world.record(time=f"{DAY}T08:00:00Z")
    assert world.seal().exit == 0

    done = world.create("package", "--known", str(known))

    assert (done.exit, done.err) == (0, "")
    assert done.word == "VERIFIED"
    assert world.verify("package", "--known", str(known)).exit == 0
    assert world.rows("SELECT workspace_id, entries, requested_by, reason FROM audit_export") == [
        ("org_acme", 3, "auditor@example.com", "SOC 2")
    ]
