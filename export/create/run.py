"""`audit-export create`: one transaction that only reads; the package gets its name once it is verified and recorded."""

import datetime as dt
import hashlib
from typing import Any

from export.create.cell import check_cell
from export.create.folder import Draft, draft
from export.create.progress import progress
from export.create.readme import readme
from export.create.request import CreateRequest
from export.create.views import make_views
from export.evidence.chains import Range, check_chains
from export.evidence.sealed_log import SealedLog, read_log
from export.format.accounts import imbalances, parse_accounts
from export.format.encoding import encode_time, workspace_key
from export.format.errors import incomplete
from export.format.keys import SigningKey
from export.format.manifest import encode_manifest
from export.format.note import sign_note
from export.format.proof import encode_proof
from export.settings import CreateSettings
from export.tables.database import Connection, Error, reading, refused, session
from export.tables.entries import ROW, SEALED
from export.verify import verifier
from export.verify.program import version
from export.verify.report import Report
from sql import query

ROLE, APPLICATION = "audit_exporter", "audit-export create"
WORKSPACE, WHO = query("export/workspace"), query("export/who")
INSERT_EXPORT = query("export/insert_export")


def create(request: CreateRequest, settings: CreateSettings, folder_note: bytes | None) -> Report:
    """Makes the package and returns the report of its verification. `folder_note` is the checkpoint of AUDIT_SEAL_DIR, if set.

    Raises ExportError (section 10); then there is no folder of that name.
    """
    url = settings.database_url.get_secret_value()
    with draft(request.folder) as package:
        started = _now()
        with reading(url, ROLE, APPLICATION) as connection:
            connection.execute(WORKSPACE, {"workspace_id": request.scope.workspace_id})
            check_cell(connection, request.scope.workspace_id)
            facts = _collect(connection, request, package, folder_note)
        manifest = _sign(request, package, settings.key, {"started_at": started, "finished_at": _now(), **facts})
        report = verifier.verify(
            verifier.VerifyRequest(
                folder=str(package.path),
                scope=request.scope,
                policy=request.policy_path,
                known=request.known_paths,
            )
        )
        _record_export(url, request, report.entries, hashlib.sha256(manifest).digest())
        package.publish(request.folder)
    return report


def _collect(
    connection: Connection, request: CreateRequest, package: Draft, folder_note: bytes | None
) -> dict[str, Any]:
    """Writes all files but the manifest, and returns the manifest's fields for people."""
    scope, key = request.scope, workspace_key(request.scope.workspace_id)
    older = [held.checkpoint.size - 1 for held in request.known if held.checkpoint.size > 0]
    log = read_log(connection, request.policy, folder_note, request.known, older)
    _check_closed(log, scope.to_day)
    views, days = make_views(connection, log, key, [log.newest.seal, *older])
    wanted = Range(workspace_id=scope.workspace_id, key=key, from_day=scope.from_day, to_day=scope.to_day, days=days)
    entries = sum(day.entries for day in wanted.wanted)
    with package.rows() as rows, progress(entries) as advance:

        def take(batch: list[bytes]) -> None:
            rows.add(batch)
            advance(len(batch))

        check_chains(connection, log, wanted, take)
    package.write("proof.json", encode_proof(views))
    package.write("accounts.csv", log.accounts.encode())
    package.write("checkpoint", log.note)
    package.write("README.txt", readme(scope, log, rows.count, request.requested_by, request.reason))
    who = connection.execute(WHO).fetchone()
    assert who is not None
    return {
        "entries": rows.count,
        "performed_by": who[0],
        "tool": f"audit-export {version()}",
        "query": f"WITH entry AS ({SEALED}) {ROW}",
        "checkpoint": {
            "origin": log.checkpoint.origin,
            "size": log.checkpoint.size,
            "sealed_at": log.newest.time,
            "complete_through": log.newest.complete_through,
        },
        "entries_by_day": {day.day: day.entries for day in wanted.wanted},
    }


def _check_closed(log: SealedLog, to_day: str) -> None:
    """The range is closed, and every record that was consumed is accounted for: INCOMPLETE if not."""
    through = log.newest.complete_through
    if through is None or through < f"{to_day}T00:00:00.000000Z":
        raise incomplete(
            f"the days up to {to_day} are not closed: as of seal {log.newest.seal} Kafka is read completely through "
            f"{through or 'no known time'}; wait for a later seal, or ask for fewer days"
        )
    if (imbalance := next(imbalances(parse_accounts(log.accounts.encode())), None)) is not None:
        raise incomplete(f"the accounts of seal {log.newest.seal} do not balance: {imbalance}")


def _sign(request: CreateRequest, package: Draft, key: SigningKey, facts: dict[str, Any]) -> bytes:
    entries = facts.pop("entries")
    for_people = {"requested_by": request.requested_by, "reason": request.reason, **facts}
    text = encode_manifest(request.scope, entries, package.digests, for_people)
    manifest = sign_note(text, [key]).encode()
    package.write("manifest", manifest)
    return manifest


def _record_export(url: str, request: CreateRequest, entries: int, manifest_sha256: bytes) -> None:
    """Records who exported what, when and why; without this row no package is published."""
    values = {
        "workspace_id": request.scope.workspace_id,
        "from_day": request.scope.from_day,
        "to_day": request.scope.to_day,
        "entries": entries,
        "manifest_sha256": manifest_sha256,
        "requested_by": request.requested_by,
        "reason": request.reason,
    }
    try:
        with session(url, ROLE, APPLICATION) as connection:
            connection.execute(INSERT_EXPORT, values)
    except Error as error:
        raise refused(error) from None


def _now() -> str:
    return encode_time(dt.datetime.now(dt.UTC))
