"""The checks of verified_export.md, section 11, in their order: the first that fails is the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from export.format.accounts import Account, exceptions, imbalances, parse_accounts
from export.format.checkpoint import Checkpoint
from export.format.encoding import is_day, sha256_hex, workspace_key
from export.format.errors import incomplete, malformed, quote, rewritten, tampered
from export.format.manifest import Scope, check_scope, file_digests, parse_manifest
from export.format.note import parse_note
from export.format.policy import Policy, parse_policy
from export.format.proof import parse_proof
from export.format.record import SealRecord, wrong_clock
from export.verify.audit_csv import check_rows
from export.verify.history import check_growth, check_known
from export.verify.package import (
    MANIFEST,
    MAX_JSON_BYTES,
    check_digest,
    file_digest,
    open_package,
    read_digested,
    read_limited,
    read_small,
    within_limit,
)
from export.verify.report import Report
from export.verify.signatures import check_exporter, check_quorum, read_checkpoint
from export.verify.views import WorkspaceState, check_views


@dataclass(frozen=True, kw_only=True)
class VerifyRequest:
    """What the auditor asks: whether this folder is the evidence for this scope. Paths are as given."""

    folder: str
    scope: Scope
    policy: str
    known: Sequence[str] = ()


def verify(request: VerifyRequest) -> Report:
    """Gives what was verified and what it was compared with; ExportError with the verdict of the first failed check."""
    check_request(request.scope)
    policy = parse_policy(read_small(request.policy, "the policy"), "the policy")
    with open_package(request.folder) as files:
        return _verify_package(files, request, policy)


def check_request(scope: Scope) -> None:
    """Check 1: two days that exist, in order, and a workspace whose id has a UTF-8 encoding."""
    for option, day in (("--from", scope.from_day), ("--to", scope.to_day)):
        if not is_day(day):
            raise malformed(f"{option} is not a day that exists, YYYY-MM-DD: {quote(day)}")
    if scope.from_day >= scope.to_day:
        raise malformed(f"--from {scope.from_day} is not before --to {scope.to_day}, which is not included")
    try:
        empty = not scope.workspace_id.encode()
    except UnicodeEncodeError:
        raise malformed("--workspace is not UTF-8") from None
    if empty:
        raise malformed("--workspace is empty")


def _verify_package(files: Mapping[str, BinaryIO], request: VerifyRequest, policy: Policy) -> Report:
    scope, key = request.scope, workspace_key(request.scope.workspace_id)
    manifest = parse_note(read_limited(files[MANIFEST], MANIFEST), MANIFEST)  # 1
    exporters = check_exporter(manifest, policy)  # 2
    document = parse_manifest(manifest.text)  # 3
    check_scope(document, scope)
    digests = file_digests(document)  # 4
    checkpoint_data = read_limited(files["checkpoint"], "checkpoint")
    signed = read_checkpoint(checkpoint_data, policy, "checkpoint")  # 5
    witnesses = check_quorum(signed, policy)  # 6
    checkpoint = signed.checkpoint

    proof_data = read_digested("proof.json", files["proof.json"], digests["proof.json"], MAX_JSON_BYTES)  # 7
    accounts_data = read_digested("accounts.csv", files["accounts.csv"], digests["accounts.csv"], MAX_JSON_BYTES)
    check_digest("checkpoint", file_digest(checkpoint_data), digests["checkpoint"])
    read_digested("README.txt", files["README.txt"], digests["README.txt"])

    states = check_views(parse_proof(within_limit("proof.json", proof_data)), checkpoint, key)  # 8
    record = states[-1].record
    known = [
        _check_known(path, number, policy, checkpoint, states) for number, path in enumerate(request.known, 1)
    ]  # 9
    check_growth(states)  # 10

    accounts = _check_accounts(accounts_data, record)  # 11
    result = check_rows(files["audit.csv"], scope, key, states)  # 12
    if result.older_mismatch is not None:
        raise rewritten(result.older_mismatch)  # 13
    check_digest("audit.csv", result.digest, digests["audit.csv"])  # 14
    if document["entries"] != result.rows:
        raise tampered(f"manifest: entries is {document['entries']}, audit.csv has {result.rows} rows")
    _check_complete(record, scope, accounts)  # 15
    return Report(
        scope=scope,
        exporters=exporters,
        checkpoint=checkpoint,
        record=record,
        entries=result.rows,
        known=tuple(known),
        witnesses=witnesses,
        exceptions=(*filter(None, [wrong_clock(record)]), *exceptions(accounts)),
    )


def _check_known(
    path: str, number: int, policy: Policy, checkpoint: Checkpoint, states: Sequence[WorkspaceState]
) -> int:
    """Check 9 for one checkpoint that the auditor holds; gives its size."""
    source = f"--known {number}"
    known = read_checkpoint(read_small(path, source), policy, source).checkpoint
    check_known(known, checkpoint, states, source)
    return known.size


def _check_accounts(data: bytes | None, record: SealRecord) -> Sequence[Account]:
    """Check 11: the accounts are those of the seal, and are in form."""
    data = within_limit("accounts.csv", data)
    if sha256_hex(data) != record.accounts:
        raise tampered(f"accounts.csv is not what was sealed: seal {record.seal} has the hash {record.accounts}")
    return parse_accounts(data)


def _check_complete(record: SealRecord, scope: Scope, accounts: Sequence[Account]) -> None:
    """Check 15: Kafka was read to the end of the days asked for, and every record of it is accounted for."""
    if record.complete_through is None or record.complete_through < f"{scope.to_day}T00:00:00.000000Z":
        through = record.complete_through or "nothing"
        raise incomplete(
            f"Kafka was read completely only through {through}, but days up to {scope.to_day} were asked for"
        )
    if (imbalance := next(imbalances(accounts), None)) is not None:
        raise incomplete(f"accounts.csv does not balance: {imbalance}")
