"""Packages for tests: a sealer and an exporter in memory, made of the format's functions, honest by default.

`Package` is what an attacker has in hand: everything can be edited, then signed again with whichever keys they hold.
"""

import contextlib
import copy
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from export.cli import build_parser
from export.format import merkle, workspace_map
from export.format.accounts import Account, encode_accounts
from export.format.checkpoint import Checkpoint
from export.format.days import DayHead, chain_rows, chain_start, days_hash, encode_days
from export.format.encoding import sha256_hex, workspace_key
from export.format.keys import COSIGNATURE, SigningKey, VerifierKey, cosigned
from export.format.note import Note, Signature, sign_note
from export.format.record import SealRecord, record_leaf
from export.format.row import HEADER, encode_row
from export.verify.program import run

WORKSPACE, NEIGHBOR, ABSENT = "org_acme", "org_globex", "org_nobody"
FROM, TO = "2026-11-01", "2026-11-05"
ORIGIN = "audit.example.com/log"


def signing_key(name: str, seed: int) -> SigningKey:
    """A key that is the same in every run."""
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(bytes([seed])).digest()))


LOG = signing_key(ORIGIN, 1)
EXPORTER = signing_key("audit.example.com/exporter", 2)
STRANGER = signing_key("stranger.example/log", 3)
SECOND_LOG = signing_key(ORIGIN, 4)  # the log's next key, under the same name
SECOND_EXPORTER = signing_key("audit.example.com/exporter", 5)
WITNESSES = {f"w{number}": signing_key(f"witness{number}.example", 10 + number) for number in (1, 2, 3)}


def witness_vkey(key: SigningKey) -> VerifierKey:
    """The key as a witness's, algorithm 4."""
    return VerifierKey(key.name, COSIGNATURE, key.verifier.public)


def policy_text(*lines: str, logs: Sequence[SigningKey] = (LOG,), exporters: Sequence[SigningKey] = (EXPORTER,)) -> str:
    """A policy of these keys and further lines."""
    keys = [f"log {key.verifier.encode()}" for key in logs] + [f"exporter {key.verifier.encode()}" for key in exporters]
    return "\n".join([*keys, *lines]) + "\n"


def witness_lines(*names: str) -> list[str]:
    """Policy lines of these witnesses."""
    return [f"witness {name} {witness_vkey(WITNESSES[name]).encode()}" for name in names]


def cosign(text: str, key: SigningKey, time: int = 1_700_000_000) -> Signature:
    """A witness's line."""
    signature = time.to_bytes(8, "big") + key.private.sign(cosigned(time, text))
    return Signature(key.name, witness_vkey(key).key_id, signature)


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """The root over the hashes of all leaves."""
    builder = merkle.RootBuilder()
    for leaf in leaves:
        builder.add(leaf)
    return builder.root()


def row(workspace: str, day: str, number: int, label: str = "", clock: str = "") -> bytes:
    """A line of audit.csv."""
    clock = clock or f"{10 + number // 60 % 10:02}:{number % 60:02}:00.{number:06}"
    return encode_row(
        (f"{day}T{clock}Z", workspace, str(number), "member.added", '["provider:gong"]', "user", "user_1", "=a@x.io",
         "member", "user_2", label or f'say "{number}"', "web", '{"changes":{}}', "/s", f"e{number}",
         "2026-11-04T12:00:00.000000Z", None, "0" * 64, None, "callmine.members", "0", str(number))
    )  # fmt: skip


def account(recorded: int, **changes: Any) -> Account:
    """A line of accounts.csv that balances, unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "topic": "callmine.members", "partition": 0, "topic_id": "AAAAAAAAAAAAAAAAAAAAAQ", "state": "live",
        "next_offset": recorded + 3, "recorded": recorded, "duplicate": 1, "ignored_tombstone": 2, "entries": recorded,
    }  # fmt: skip
    return Account(**{**values, **changes})


@dataclass
class Log:
    """A sealer's memory: the records, and what each seal found. Its lists can be edited to make it dishonest."""

    records: list[str] = field(default_factory=list)
    states: list[dict[str, tuple[DayHead, ...]]] = field(default_factory=list)  # days of each workspace, for each seal
    accounts: list[bytes] = field(default_factory=list)
    rows: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def seal(self, new: Mapping[str, Sequence[tuple[str, bytes]]], **changes: Any) -> None:
        """Seals new rows, (day, line) for each workspace; `changes` are fields of the record or lines of accounts."""
        state = dict(self.states[-1]) if self.states else {}
        for workspace, lines in new.items():
            key = workspace_key(workspace)
            heads = {head.day: head for head in state.get(workspace, ())}
            for day, line in lines:
                head = heads.get(day, DayHead(day, 0, chain_start(key, day)))
                heads[day] = DayHead(day, head.entries + 1, chain_rows(head.digest, [line]))
                self.rows.setdefault((workspace, day), []).append(line)
            state[workspace] = tuple(heads[day] for day in sorted(heads))
        number = len(self.records)
        entries = sum(head.entries for heads in state.values() for head in heads)
        accounts = encode_accounts(changes.pop("accounts_lines", [account(entries)]))
        fields = {
            "seal": number,
            "time": f"2026-11-06T{10 + number:02}:00:00.000000Z",
            "complete_through": f"2026-11-06T{9 + number:02}:59:58.120000Z",
            "map_root": workspace_map.map_root(self.leaves(state)),
            "accounts": sha256_hex(accounts),
            "snapshot": f"{900 + number}:{910 + number}:{905 + number}",
        }
        self.records.append(SealRecord(**{**fields, **changes}).encode())
        self.states.append(state)
        self.accounts.append(accounts)

    @staticmethod
    def leaves(state: Mapping[str, Sequence[DayHead]]) -> list[tuple[str, str]]:
        """What the map holds, by key."""
        keys = {workspace_key(workspace): heads for workspace, heads in state.items()}
        return [(key, days_hash(encode_days(key, keys[key]))) for key in sorted(keys)]

    def reseal_map(self, seal: int) -> None:
        """Writes into the record of a seal the map of its state, edited meanwhile."""
        before = self.records[seal].split("\nmap ")[1][:64]
        self.records[seal] = self.records[seal].replace(before, workspace_map.map_root(self.leaves(self.states[seal])))

    def rechain(self, workspace: str, day: str) -> None:
        """Writes into the newest seal the chain over the rows of a day, edited meanwhile."""
        key, rows = workspace_key(workspace), self.rows[workspace, day]
        head = DayHead(day, len(rows), chain_rows(chain_start(key, day), rows))
        heads = tuple(head if old.day == day else old for old in self.states[-1][workspace])
        self.states[-1] = {**self.states[-1], workspace: heads}
        self.reseal_map(len(self.records) - 1)

    @property
    def hashes(self) -> list[bytes]:
        """The log's leaves."""
        return [record_leaf(record) for record in self.records]

    def checkpoint(self, size: int | None = None, origin: str = ORIGIN) -> Checkpoint:
        """The checkpoint of this size, not signed; by default of the whole log."""
        size = len(self.records) if size is None else size
        return Checkpoint(origin=origin, size=size, root=root_hash(self.hashes[:size]))

    def known(self, size: int, *keys: SigningKey) -> bytes:
        """A checkpoint as a receiver holds it."""
        return sign_note(self.checkpoint(size).encode(), keys or (LOG,)).encode()

    def view(self, workspace: str, seal: int) -> dict[str, Any]:
        """A view in proof.json."""
        key, size = workspace_key(workspace), len(self.records)
        state = self.states[seal]
        place = workspace_map.locate(self.leaves(state), key)
        inclusion, consistency = merkle.inclusion_ranges(seal, size), merkle.consistency_ranges(seal + 1, size)
        roots = merkle.range_roots(self.hashes, [*inclusion, *consistency])
        other = place.other(key)
        return {
            "record": self.records[seal],
            "inclusion": [roots[span].hex() for span in inclusion],
            "consistency": [roots[span].hex() for span in consistency],
            "path": list(place.path),
            "days": encode_days(key, state[workspace]) if workspace in state else None,
            "other": list(other) if other else None,
        }

    def csv(self, workspace: str, from_day: str, to_day: str) -> bytes:
        """audit.csv of these days."""
        days = [head.day for head in self.states[-1].get(workspace, ()) if from_day <= head.day < to_day]
        return HEADER + b"".join(line for day in days for line in self.rows[workspace, day])


def honest_log() -> Log:
    """Six seals over nine workspaces: late rows, rows outside the range, a seal with nothing new."""
    log = Log()
    others = [f"org_{number}" for number in range(6)]
    log.seal(
        {
            WORKSPACE: [("2026-11-01", row(WORKSPACE, "2026-11-01", number)) for number in (1, 2)],
            NEIGHBOR: [("2026-11-01", row(NEIGHBOR, "2026-11-01", 3))],
            **{name: [("2026-11-01", row(name, "2026-11-01", 10 + at))] for at, name in enumerate(others)},
        }
    )
    log.seal(
        {WORKSPACE: [("2026-11-01", row(WORKSPACE, "2026-11-01", 4)), ("2026-11-02", row(WORKSPACE, "2026-11-02", 5))]}
    )
    log.seal(
        {
            WORKSPACE: [
                ("2026-11-02", row(WORKSPACE, "2026-11-02", 6, "two\r\nlines")),
                ("2026-11-05", row(WORKSPACE, "2026-11-05", 7)),
            ],
            "org_late": [("2026-11-02", row("org_late", "2026-11-02", 8))],
        }
    )
    log.seal({})
    log.seal(
        {WORKSPACE: [("2026-11-04", row(WORKSPACE, "2026-11-04", 9)), ("2026-11-01", row(WORKSPACE, "2026-11-01", 20))]}
    )
    log.seal({NEIGHBOR: [("2026-11-04", row(NEIGHBOR, "2026-11-04", 21))]})
    return log


@dataclass
class Package:
    """A package in parts, with the auditor's own files and options. `manifest` and digests are made when it is written."""

    log: Log
    workspace: str = WORKSPACE
    views: Sequence[int] = (0, 2, 5)
    from_day: str = FROM
    to_day: str = TO

    def __post_init__(self) -> None:
        self.asked: dict[str, str] = {"workspace": self.workspace, "from": self.from_day, "to": self.to_day}
        self.policy: bytes | None = policy_text().encode()
        self.known: list[bytes] = []
        self.manifest_keys: list[SigningKey] = [EXPORTER]
        self.checkpoint_keys: list[SigningKey] = [LOG]
        self.edit_manifest: Callable[[dict[str, Any]], Any] = lambda document: document
        self.edit_files: Callable[[Path], None] = lambda _: None
        self.extra_lines: list[Signature] = []
        self.before_signing: dict[str, Callable[[bytes], bytes]] = {}  # by file name; the manifest then fits
        self.after_signing: dict[str, Callable[[bytes], bytes | None]] = {}  # and then it does not; None: no file
        self.options: list[str] = []
        self.compose()

    def compose(self) -> None:
        """Makes the parts from the log as it is now."""
        self.proof: Any = {
            "format": "callmine-audit-proof/1",
            "views": [self.log.view(self.workspace, seal) for seal in self.views],
        }
        self.csv = self.log.csv(self.workspace, self.from_day, self.to_day)
        self.accounts = self.log.accounts[-1]
        self.checkpoint_text = self.log.checkpoint().encode()
        self.readme = b"Read me.\n"

    @property
    def view(self) -> dict[str, Any]:
        """The newest view."""
        views: list[dict[str, Any]] = self.proof["views"]
        return views[-1]

    def copy(self) -> "Package":
        """A package that can be edited without changing this one."""
        return copy.deepcopy(self)

    def files(self) -> dict[str, bytes]:
        """The six files."""
        note = sign_note(self.checkpoint_text, self.checkpoint_keys)
        checkpoint = Note(note.text, (*note.signatures, *self.extra_lines)).encode()
        proof = self.proof if isinstance(self.proof, bytes) else json.dumps(self.proof, indent=1).encode()
        files = {
            "audit.csv": self.csv,
            "proof.json": proof,
            "accounts.csv": self.accounts,
            "checkpoint": checkpoint,
            "README.txt": self.readme,
        }
        files = {name: self.before_signing.get(name, bytes)(data) for name, data in files.items()}
        document: dict[str, Any] = {
            "format": "callmine-audit-export/1",
            "workspace_id": self.workspace,
            "from": self.from_day,
            "to": self.to_day,
            "timezone": "UTC",
            "clock": "occurred_at",
            "entries": self.csv.count(b'","callmine.members","'),
            "files": {
                name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
            },
            "requested_by": "an auditor",
            "entries_by_day": {},
        }
        document = self.edit_manifest(document) or document
        text = document if isinstance(document, str) else json.dumps(document, indent=1) + "\n"
        return {"manifest": sign_note(text, self.manifest_keys).encode(), **files}

    def write(self, folder: Path) -> list[str]:
        """Writes package, policy and known checkpoints below `folder`; gives the arguments of `verify`."""
        target = folder / "package"
        target.mkdir(parents=True)
        for name, data in self.files().items():
            edited = self.after_signing.get(name, bytes)(data)
            if edited is not None:
                (target / name).write_bytes(edited)
        self.edit_files(target)
        arguments = [
            "verify", str(target), "--workspace", self.asked["workspace"], "--from", self.asked["from"], "--to", self.asked["to"],
        ]  # fmt: skip
        if self.policy is not None:
            (folder / "policy").write_bytes(self.policy)
            arguments += ["--policy", str(folder / "policy")]
        for number, data in enumerate(self.known):
            (folder / f"known{number}").write_bytes(data)
            arguments += ["--known", str(folder / f"known{number}")]
        return arguments + self.options


@dataclass(frozen=True)
class Result:
    """What a program did."""

    code: int
    stdout: str
    stderr: str


def audit_export(*arguments: str) -> Result:
    """Runs the program in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = run(build_parser(), arguments)
        except SystemExit as end:  # --help, --version
            code = int(end.code or 0)
    return Result(code, stdout.getvalue(), stderr.getvalue())
