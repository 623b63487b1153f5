"""The page shows until when the log is sealed, and an admin can download the newest checkpoint."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from export.format.record import parse_record
from tests.integration.export.world import World
from tests.integration.reader.site import ADMIN, OTHER, Site

CHECKPOINT = "/v1/audit-checkpoint"


@pytest.fixture
def sealing(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A sealer of the site's database."""
    with World(database_url, tmp_path) as world:
        yield world


def test_nothing_sealed(site: Site, sealing: World) -> None:
    """The API says null, the page nothing, and there is no checkpoint to have."""
    sealing.record("org_1")
    answer = site.get(CHECKPOINT)

    assert site.get("/v1/audit-events").json()["sealed_through"] is None
    assert "Sealed" not in site.get("/audit").text
    assert "checkpoint" not in site.get("/audit").text
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "not-sealed")


def test_the_time_is_that_of_the_newest_seal(site: Site, sealing: World) -> None:
    """It moves with each seal, and not with entries; page and API say the same, to the admin of every workspace."""
    for number in range(2):
        sealing.record("org_1")
        assert sealing.seal().exit == 0
        sealing.record("org_1")
        time = parse_record(sealing.records()[number]).time

        assert site.get("/v1/audit-events").json()["sealed_through"] == time
        assert site.get("/v1/audit-events", OTHER).json()["sealed_through"] == time
        assert f'Sealed through <time datetime="{time}">' in site.get("/audit").text


def test_the_checkpoint_is_one_that_an_auditor_takes(site: Site, sealing: World) -> None:
    """The signed note itself, with a name to be kept under; a package that continues it is verified against it."""
    sealing.record("org_1")
    assert sealing.seal().exit == 0
    answer = site.get(CHECKPOINT)
    assert sealing.seal().exit == 0

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-checkpoint-1.txt"'
    assert answer.headers["cache-control"] == "no-store"
    known = sealing.path / "kept"
    known.write_bytes(answer.content)
    assert sealing.create("package", "--known", str(known), workspace="org_1").exit == 0
    assert "with your checkpoints of size 1" in sealing.verify("package", "--known", str(known), workspace="org_1").out
    assert site.get(CHECKPOINT).content == (sealing.folder / "checkpoint").read_bytes()


def test_a_lost_seal_that_was_inserted_again_is_passed_over(site: Site, sealing: World) -> None:
    """It has no checkpoint: the one before it is handed out."""
    sealing.record("org_1")
    assert sealing.seal().exit == 0
    record = sealing.records()[0].replace("\nseal 0\n", "\nseal 1\n")
    with psycopg.connect(sealing.url) as connection:
        connection.execute(
            "INSERT INTO audit_seal (seal, snapshot, record, accounts, checkpoint) VALUES (1, '1:1:', %s, '', '')",
            (record,),
        )

    assert site.get(CHECKPOINT).content == (sealing.folder / "checkpoint").read_bytes()


def test_no_one_but_an_admin_has_it(site: Site, sealing: World) -> None:
    """A member gets 403 and a visitor 401; what an admin gets names no workspace, not even the own one."""
    sealing.record("org_1")
    sealing.record("org_2")
    assert sealing.seal().exit == 0

    assert site.get(CHECKPOINT, ADMIN._replace(role="member")).status_code == 403
    assert site.get(CHECKPOINT, None).status_code == 401
    assert "org_" not in site.get(CHECKPOINT).text
