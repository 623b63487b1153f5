"""The arguments of `create`: all of them are checked before the database is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from export.evidence.sealed_log import Held
from export.format.errors import malformed, quote
from export.format.manifest import Scope
from export.format.policy import Policy, parse_policy
from export.settings import CreateSettings
from export.verify.package import read_small
from export.verify.signatures import read_checkpoint
from export.verify.verifier import check_request


@dataclass(frozen=True, kw_only=True)
class CreateRequest:
    """What to export, for whom and why, and what the receiver holds."""

    folder: Path
    scope: Scope
    policy_path: str
    policy: Policy
    requested_by: str
    reason: str
    known_paths: Sequence[str]
    known: Sequence[Held]


def read_request(
    folder: str, scope: Scope, policy: str, who_and_why: tuple[str, str], known: Sequence[str], settings: CreateSettings
) -> CreateRequest:
    """Reads the files that the options name. MALFORMED, or UNTRUSTED (a --known), if anything is wrong."""
    check_request(scope)
    requested_by, reason = who_and_why
    for option, text in (("--requested-by", requested_by), ("--reason", reason)):
        if not text.strip():
            raise malformed(f"{option} is blank: an export says for whom and why it was made")
        _check_text(option, text)
    _check_text("--workspace", scope.workspace_id)
    if not folder:
        raise malformed("FOLDER is empty: give the name of a folder that does not exist")
    path = Path(folder)
    if path.exists() or path.is_symlink():
        raise malformed(f"{quote(folder, 300)} already exists; FOLDER must not exist")
    if not path.absolute().parent.is_dir():
        raise malformed(f"the folder that {quote(folder, 300)} would be in does not exist")
    accepted = parse_policy(read_small(policy, "the policy"), "the policy")
    if settings.key.verifier not in accepted.exporters:
        raise malformed(
            "AUDIT_EXPORT_KEY is not an exporter key of the policy: the receiver would not accept the package"
        )
    held = [_held(number, path, accepted) for number, path in enumerate(known, 1)]
    return CreateRequest(
        folder=path,
        scope=scope,
        policy_path=policy,
        policy=accepted,
        requested_by=requested_by,
        reason=reason,
        known_paths=known,
        known=held,
    )


def _held(number: int, path: str, policy: Policy) -> Held:
    source = f"--known {number}"
    return Held(source=source, checkpoint=read_checkpoint(read_small(path, source), policy, source).checkpoint)


def _check_text(option: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise malformed(f"{option} is not UTF-8") from None
    if "\0" in text:
        raise malformed(f"{option} holds a NUL, which PostgreSQL cannot store")
