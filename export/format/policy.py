"""The auditor's policy (section 7): C2SP tlog-policy, and `exporter` lines. It comes out of band, never from a package.

Where section 7 is silent, C2SP holds: names are defined before they are used, `none` is reserved, a key or a group member
occurs once, so that no witness counts twice.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from export.format.encoding import parse_number
from export.format.errors import malformed, quote
from export.format.keys import COSIGNATURE, ED25519, VerifierKey, is_control, parse_vkey

_NONE = "none"


@dataclass(frozen=True)
class Group:
    """Witnesses and groups of which at least `threshold` must have signed."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Whose signatures are accepted. Groups are in the order of their lines: each refers to earlier names only."""

    logs: tuple[VerifierKey, ...]
    exporters: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey]
    groups: dict[str, Group]
    quorum: str | None

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """All keys; a bad signature of any of them spoils a note."""
        return (*self.logs, *self.exporters, *self.witnesses.values())

    def has_quorum(self, signed: AbstractSet[str]) -> bool:
        """Whether these witnesses, by their names in the policy, are enough."""
        if self.quorum is None:
            return True
        met = set(signed)
        for name, group in self.groups.items():
            if len(met.intersection(group.members)) >= group.threshold:
                met.add(name)
        return self.quorum in met


@dataclass
class _Draft:
    """The policy as far as it has been read."""

    logs: list[VerifierKey] = field(default_factory=list)
    exporters: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    quorum: str | None = None

    def read(self, words: list[str]) -> None:
        """Takes one line; ValueError with the reason if it is none."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:  # the third word is the log's URL, of no use offline
                _add(self.logs, _key(vkey, ED25519))
            case ["exporter", vkey]:
                _add(self.exporters, _key(vkey, ED25519))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._check_new(name)
                _add(list(self.witnesses.values()), key := _key(vkey, COSIGNATURE))
                self.witnesses[name] = key
            case ["group", name, threshold, *members]:
                self._check_new(name)
                self.groups[name] = self._group(threshold, members)
            case ["quorum", name]:
                if self.quorum is not None:
                    raise ValueError("there is a quorum line before it")
                if name != _NONE and not self._is_defined(name):
                    raise ValueError(f"no witness or group {quote(name)} before it")
                self.quorum = name
            case _:
                raise ValueError("it is not a log, exporter, witness, group or quorum line")

    def _group(self, threshold: str, members: list[str]) -> Group:
        for member in members:
            if not self._is_defined(member):
                raise ValueError(f"no witness or group {quote(member)} before it")
            if member in self.members:
                raise ValueError(f"{quote(member)} is a member twice")
            self.members.add(member)
        needed = {"any": 1, "all": len(members)}.get(threshold, parse_number(threshold))
        if needed is None or not 1 <= needed <= len(members):
            raise ValueError(f"{quote(threshold)} of {len(members)} members is impossible")
        return Group(needed, tuple(members))

    def _check_new(self, name: str) -> None:
        if name == _NONE or self._is_defined(name):
            raise ValueError(f"the name {quote(name)} is taken")

    def _is_defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups


def parse_policy(data: bytes, source: str) -> Policy:
    """Reads a policy file; `source` names it in messages.

    Raises ExportError: MALFORMED, with the line and the reason.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise malformed(f"{source} is not UTF-8") from None
    draft = _Draft()
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            _check_characters(line)
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if words and not words[0].startswith("#"):
                draft.read(words)
        except ValueError as error:
            raise malformed(f"{source}, line {number}: {error}") from None
    if not draft.logs or not draft.exporters:
        raise malformed(f"{source} needs at least one `log` and one `exporter` line")
    _check_key_ids((*draft.logs, *draft.exporters, *draft.witnesses.values()), source)
    return Policy(
        logs=tuple(draft.logs),
        exporters=tuple(draft.exporters),
        witnesses=draft.witnesses,
        groups=draft.groups,
        quorum=None if draft.quorum == _NONE else draft.quorum,
    )


def _check_characters(line: str) -> None:
    if line.endswith("\r"):
        raise ValueError("it ends with CR; lines end with LF alone")
    if any(is_control(char) and char != "\t" for char in line):
        raise ValueError("it has a control character")


def _key(vkey: str, algorithm: int) -> VerifierKey:
    key = parse_vkey(vkey)
    if key.algorithm != algorithm:
        raise ValueError(f"its key is of algorithm {key.algorithm}, which should be {algorithm}")
    return key


def _add(keys: list[VerifierKey], key: VerifierKey) -> None:
    if any(key.public == other.public for other in keys):
        raise ValueError("its key is there before")
    keys.append(key)


def _check_key_ids(keys: Iterable[VerifierKey], source: str) -> None:
    """Refuses two keys of one name and key id: a signature line would not say whose it is."""
    by_id: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if by_id.setdefault((key.name, key.key_id), key) != key:
            raise malformed(f"{source} has two keys of the name {quote(key.name)} and key id {key.key_id.hex()}")
