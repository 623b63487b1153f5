"""Check 8: the proof's syntax, and each view: order, place in the log, days, place in the map."""

from collections.abc import Callable
from typing import Any

from export.format import workspace_map
from export.format.days import DayHead, days_hash, encode_days
from export.format.encoding import EMPTY_HASH, workspace_key
from export.format.errors import Verdict
from export.format.row import HEADER
from tests.export_package import ABSENT, NEIGHBOR, WORKSPACE, Log, Package
from tests.unit.export.attacks.edits import (
    DROP,
    Attack,
    Edit,
    before,
    changed,
    every,
    in_view,
    record,
    replaced,
    resealed,
    resealed_record,
    view,
)

BAD, TAMPERED = Verdict.MALFORMED, Verdict.TAMPERED
KEY, NEIGHBOR_KEY, ABSENT_KEY = map(workspace_key, (WORKSPACE, NEIGHBOR, ABSENT))
HASH = "0123456789abcdef" * 4
TIME = "2026-11-06T15:00:00.000000Z"


def proof(changes: dict[str, Any]) -> Edit:
    """Other values at the top of the proof."""
    return lambda package: changed(package.proof, changes)


def views(edit: Callable[[list[Any]], list[Any]]) -> Edit:
    """Other views."""
    return lambda package: package.proof.update(views=edit(package.proof["views"]))


def text(old: str, new: str) -> Edit:
    """The JSON text, edited."""
    return before("proof.json", replaced(old, new))


def days(old: str, new: str, index: int = -1) -> Edit:
    """The newest view's days, edited, and nothing else."""
    return in_view(index, "days", lambda whole: replaced(old, new)(whole.encode()).decode())


def day_lines(edit: Callable[[list[str]], list[str]], index: int = -1) -> Edit:
    """The lines of the days, edited."""
    return in_view(index, "days", lambda whole: "".join(edit(whole.splitlines(keepends=True))))


def dishonest_map(make: Callable[[Package, str], dict[str, Any]]) -> Edit:
    """A sealer that seals whatever map fits the changed newest view; `make` gets package and days, gives path and root."""

    def edit(package: Package) -> None:
        changes = make(package, package.view["days"])
        root = changes.pop("root")
        log = package.log
        log.records[-1] = log.records[-1].replace(log.records[-1].split("\nmap ")[1][:64], root)
        package.compose()
        changed(package.view, changes)

    return edit


def resealed_days(edit: Callable[[str], str]) -> Edit:
    """A sealer that seals the edited text of days in a map of its own."""

    def make(package: Package, whole: str) -> dict[str, Any]:
        text = edit(whole)
        path = package.view["path"]
        return {"days": text, "root": workspace_map.climb(KEY, path, workspace_map.leaf_hash(KEY, days_hash(text)))}

    return dishonest_map(make)


def longer_path(package: Package, whole: str) -> dict[str, Any]:
    """A map in which an empty place is beside the workspace's leaf."""
    path = [*package.view["path"], EMPTY_HASH]
    return {"path": path, "root": workspace_map.climb(KEY, path, workspace_map.leaf_hash(KEY, days_hash(whole)))}


def longer_absent_path(package: Package, _: str) -> dict[str, Any]:
    """A map in which an empty place is beside an empty place."""
    path = [*package.view["path"], EMPTY_HASH]
    return {"path": path, "other": None, "root": workspace_map.climb(ABSENT_KEY, path, EMPTY_HASH)}


def other_elsewhere(package: Package, _: str) -> dict[str, Any]:
    """A map in which another workspace is where the one asked for belongs, though its key says elsewhere."""
    path = package.view["path"]
    elsewhere = f"{int(ABSENT_KEY, 16) ^ 1 << 255:064x}"
    root = workspace_map.climb(ABSENT_KEY, path, workspace_map.leaf_hash(elsewhere, HASH))
    return {"other": [elsewhere, HASH], "root": root}


def other_is_the_same(package: Package, _: str) -> dict[str, Any]:
    """A map with the workspace asked for in its place, shown as another."""
    path = package.view["path"]
    return {
        "other": [ABSENT_KEY, HASH],
        "root": workspace_map.climb(ABSENT_KEY, path, workspace_map.leaf_hash(ABSENT_KEY, HASH)),
    }


def proof_of_another_log(package: Package) -> None:
    """A proof that holds, but in a log that the checkpoint is not of."""
    package.log.records[0] = package.log.records[0].replace("snapshot 900:", "snapshot 901:")
    package.proof["views"] = [package.log.view(WORKSPACE, seal) for seal in package.views]


def package_of_an_older_seal(package: Package) -> None:
    """All as it was at seal 2, under the checkpoint of the whole log: what came since is hidden."""
    log = package.log
    package.views = (0, 2)
    package.compose()
    package.view["consistency"] = []
    package.accounts = log.accounts[2]
    days = [head for head in log.states[2][WORKSPACE] if head.day < package.to_day]
    package.csv = HEADER + b"".join(row for head in days for row in log.rows[WORKSPACE, head.day][: head.entries])


def seals_against_time(package: Package) -> None:
    """Seal 0 says that it is later than seal 2, and is shown after it."""
    log = package.log
    log.records[0] = log.records[0].replace("T10:00:00.000000Z", "T12:30:00.000000Z", 1)
    package.views = (2, 0, 5)
    package.compose()


def swapped_seals(log: Log) -> None:
    """Two seals in the log in the other order."""
    log.records[1], log.records[2] = log.records[2], log.records[1]


SYNTAX = (
    Attack("an empty proof", BAD, before("proof.json", lambda _: b"")),
    Attack("no JSON", BAD, before("proof.json", lambda _: b"proof")),
    Attack("JSON cut short", BAD, before("proof.json", lambda data: data[:-1])),
    Attack("two documents", BAD, before("proof.json", lambda data: data + b"{}")),
    Attack("no UTF-8", BAD, before("proof.json", replaced(b'"path"', b'"path\xff"'))),
    Attack("a byte order mark", BAD, before("proof.json", lambda data: b"\xef\xbb\xbf" + data)),
    Attack("UTF-16", BAD, before("proof.json", lambda data: data.decode().encode("utf-16"))),
    Attack("an array", BAD, before("proof.json", lambda _: b"[]")),
    Attack("a name twice", BAD, text('"views"', '"format": "callmine-audit-proof/1", "views"')),
    Attack("a name twice in a view", BAD, text('"path"', '"path": [], "path"')),
    Attack("NaN", BAD, text('"other": null', '"other": NaN')),
    Attack("half a surrogate pair", BAD, text('"other": null', '"other": "\\udc00"')),
    Attack("nesting of 100,000 levels", BAD, text('"other": null', '"other": ' + "[" * 100_000 + "]" * 100_000)),
    Attack("another format", BAD, proof({"format": "callmine-audit-proof/2"})),
    Attack("no format", BAD, proof({"format": DROP})),
    Attack("a field more", BAD, proof({"extra": 1})),
    Attack("no views", BAD, proof({"views": DROP})),
    Attack("views as an object", BAD, proof({"views": {}})),
    Attack("an empty list of views", BAD, proof({"views": []})),
    Attack("a view that is null", BAD, views(lambda old: [None, *old])),
    Attack("a view that is a list", BAD, views(lambda old: [[], *old])),
    *(Attack(f"a view without {name}", BAD, view(0, **{name: DROP})) for name in ("record", "inclusion", "consistency", "path", "days", "other")),
    Attack("a view with a field more", BAD, view(0, comment="hello")),
    Attack("a record that is a number", BAD, view(0, record=1)),
    Attack("a record that is null", BAD, view(-1, record=None)),
    Attack("days that are a list", BAD, view(-1, days=[])),
    Attack("days that are false", BAD, view(-1, days=False)),
    Attack("inclusion as a string", BAD, view(-1, inclusion=HASH)),
    Attack("inclusion as null", BAD, view(-1, inclusion=None)),
    Attack("a hash in upper case", BAD, in_view(-1, "inclusion", lambda old: [old[0].upper(), *old[1:]])),
    Attack("a hash of 63 digits", BAD, in_view(-1, "inclusion", lambda old: [old[0][:-1], *old[1:]])),
    Attack("a hash of 66 digits", BAD, in_view(-1, "path", lambda old: [old[0] + "00", *old[1:]])),
    Attack("a hash and a line feed", BAD, in_view(-1, "path", lambda old: [old[0] + "\n", *old[1:]])),
    Attack("a hash of another script's digits", BAD, in_view(-1, "path", lambda old: ["１" * 64, *old[1:]])),
    Attack("a hash that is a number", BAD, in_view(-1, "path", lambda old: [0, *old[1:]])),
    Attack("a hash that is null", BAD, in_view(0, "consistency", lambda old: [None, *old[1:]])),
    Attack("a hash in base64", BAD, in_view(0, "consistency", lambda _: ["5O/QKDkVZdNEswONimVlpGBsV+qq3aEQY8Zsd61nDN4="])),
    Attack("consistency in the last view", BAD, view(-1, consistency=[HASH])),
    Attack("other beside days", BAD, view(-1, other=[NEIGHBOR_KEY, HASH])),
    Attack("other of three", BAD, in_view(-1, "other", lambda old: [*old, HASH]), ABSENT),
    Attack("other of one", BAD, in_view(-1, "other", lambda old: old[:1]), ABSENT),
    Attack("other as an object", BAD, view(-1, other={"key": HASH}), ABSENT),
    Attack("other as a string of 64", BAD, view(-1, other=HASH), ABSENT),
    Attack("other in upper case", BAD, in_view(-1, "other", lambda old: [old[0].upper(), old[1]]), ABSENT),
)  # fmt: skip

RECORDS = (
    Attack("an empty record", BAD, view(-1, record="")),
    Attack("another first line", BAD, record(-1, "seal/1", "seal/2")),
    Attack("a line more", BAD, in_view(-1, "record", lambda old: old + "more\n")),
    Attack("an empty line more", BAD, in_view(-1, "record", lambda old: old + "\n")),
    Attack("a line less", BAD, record(-1, "restored -\n", "")),
    Attack("no line feed at the end", BAD, in_view(-1, "record", lambda old: old[:-1])),
    Attack("CRLF", BAD, in_view(-1, "record", lambda old: old.replace("\n", "\r\n"))),
    Attack("two lines in the other order", BAD, in_view(-1, "record", lambda old: old.replace("map", "x").replace("accounts", "map").replace("x", "accounts"))),
    Attack("two blanks", BAD, record(-1, "seal 5", "seal  5")),
    Attack("a blank at the end", BAD, record(-1, "seal 5\n", "seal 5 \n")),
    Attack("a seal with a zero before", BAD, record(-1, "seal 5", "seal 05")),
    Attack("a seal with a sign", BAD, record(-1, "seal 5", "seal +5")),
    Attack("a negative seal", BAD, record(-1, "seal 5", "seal -5")),
    Attack("a seal of another script", BAD, record(-1, "seal 5", "seal ５")),
    Attack("a seal of 10,000 digits", BAD, record(-1, "seal 5", "seal " + "5" * 10_000)),
    Attack("a time without microseconds", BAD, record(-1, f"time {TIME}", "time 2026-11-06T15:00:00Z")),
    Attack("a time with an offset", BAD, record(-1, f"time {TIME}", "time 2026-11-06T15:00:00.000000+00:00")),
    Attack("a time with a blank", BAD, record(-1, f"time {TIME}", "time 2026-11-06 15:00:00.000000Z")),
    Attack("a day that does not exist", BAD, record(-1, f"time {TIME}", "time 2026-02-30T15:00:00.000000Z")),
    Attack("an hour that does not exist", BAD, record(-1, f"time {TIME}", "time 2026-11-06T24:00:00.000000Z")),
    Attack("a leap second", BAD, record(-1, f"time {TIME}", "time 2026-11-06T15:00:60.000000Z")),
    Attack("an empty complete_through", BAD, record(-1, "complete_through 2026-11-06T14:59:58.120000Z", "complete_through ")),
    Attack("a complete_through that is null", BAD, record(-1, "2026-11-06T14:59:58.120000Z", "null")),
    Attack("a map in upper case", BAD, in_view(-1, "record", lambda old: old.replace(old.split("map ")[1][:64], "A" * 64))),
    Attack("a map of 63 digits", BAD, in_view(-1, "record", lambda old: old.replace(old.split("map ")[1][:64], "a" * 63))),
    Attack("accounts that are -", BAD, in_view(-1, "record", lambda old: old.replace(old.split("accounts ")[1][:64], "-"))),
    Attack("a snapshot of two parts", BAD, record(-1, "snapshot 905:915:910", "snapshot 905:915")),
    Attack("a snapshot of four parts", BAD, record(-1, "snapshot 905:915:910", "snapshot 905:915:910:")),
    Attack("a snapshot that begins after its end", TAMPERED, record(-1, "snapshot 905:915:910", "snapshot 915:905:")),
    Attack("a snapshot that begins after its end, sealed", BAD, resealed_record(-1, "snapshot 905:915:910", "snapshot 915:905:")),
    Attack("a snapshot with a transaction outside", TAMPERED, record(-1, "snapshot 905:915:910", "snapshot 905:915:915")),
    Attack("a snapshot with a transaction outside, sealed", BAD, resealed_record(-1, "snapshot 905:915:910", "snapshot 905:915:915")),
    Attack("a snapshot out of order", TAMPERED, record(-1, "snapshot 905:915:910", "snapshot 905:915:911,910")),
    Attack("a snapshot out of order, sealed", BAD, resealed_record(-1, "snapshot 905:915:910", "snapshot 905:915:911,910")),
    Attack("a snapshot with a transaction twice", TAMPERED, record(-1, "snapshot 905:915:910", "snapshot 905:915:910,910")),
    Attack("a snapshot with a transaction twice, sealed", BAD, resealed_record(-1, "snapshot 905:915:910", "snapshot 905:915:910,910")),
    Attack("a snapshot with a comma too many", BAD, record(-1, "snapshot 905:915:910", "snapshot 905:915:910,")),
    Attack("a snapshot with a zero before", BAD, record(-1, "snapshot 905:915:910", "snapshot 0905:915:910")),
    Attack("an empty restored", BAD, record(-1, "restored -", "restored ")),
    Attack("a restored span of nothing", TAMPERED, record(-1, "restored -", "restored 2-2")),
    Attack("a restored span of nothing, sealed", BAD, resealed_record(-1, "restored -", "restored 2-2")),
    Attack("a restored span backwards", TAMPERED, record(-1, "restored -", "restored 3-2")),
    Attack("a restored span backwards, sealed", BAD, resealed_record(-1, "restored -", "restored 3-2")),
    Attack("a restored span with an open end", BAD, record(-1, "restored -", "restored 3-")),
    Attack("restored spans out of order", TAMPERED, record(-1, "restored -", "restored 3-4 1-2")),
    Attack("restored spans out of order, sealed", BAD, resealed_record(-1, "restored -", "restored 3-4 1-2")),
    Attack("a restored span of a later seal, sealed", BAD, resealed_record(-1, "restored -", "restored 4-6")),
    Attack("a restored span of this seal, of three, sealed", BAD, resealed_record(-1, "restored -", "restored 1-2 3-4 5-6")),
    Attack("restored spans with a comma", BAD, record(-1, "restored -", "restored 1-2,3-4")),
    Attack("restored spans with two blanks", BAD, record(-1, "restored -", "restored 1-2  3-4")),
    Attack("a restored span and -", BAD, record(-1, "restored -", "restored 1-2 -")),
)  # fmt: skip

PLACE_IN_LOG = (
    Attack("the last view is missing", TAMPERED, every(views(lambda old: old[:-1]), view(-1, consistency=[]))),
    Attack("an older seal's package", TAMPERED, package_of_an_older_seal),
    Attack("seals in the other order, by ascending times", TAMPERED, seals_against_time),
    Attack("views in the other order", TAMPERED, every(views(lambda old: [old[1], old[0], old[2]]))),
    Attack("a view twice", TAMPERED, views(lambda old: [old[0], *old])),
    Attack("the last view twice", TAMPERED, views(lambda old: [*old, old[-1]])),
    Attack("time stands still", TAMPERED, resealed_record(5, TIME, "2026-11-06T12:00:00.000000Z")),
    Attack("time goes back", TAMPERED, resealed_record(5, TIME, "2026-11-06T11:00:00.000000Z")),
    Attack("time goes back by a microsecond", TAMPERED, resealed_record(5, TIME, "2026-11-06T11:59:59.999999Z")),
    Attack("seal 2 and 1 have changed places in the log", TAMPERED, resealed(swapped_seals)),
    Attack("a record that was not sealed", TAMPERED, record(-1, "snapshot 905", "snapshot 904")),
    Attack("another complete_through", TAMPERED, record(-1, "14:59:58.120000Z", "14:59:59.120000Z")),
    Attack("a loss made up", TAMPERED, record(-1, "restored -", "restored 1-2")),
    Attack("a loss hidden", TAMPERED, every(resealed_record(-1, "restored -", "restored 1-2"), record(-1, "restored 1-2", "restored -"))),
    Attack("another seal's number", TAMPERED, record(0, "seal 0", "seal 1")),
    Attack("a seal beyond the log", TAMPERED, record(-1, "seal 5", "seal 6")),
    Attack("a seal far beyond the log", TAMPERED, record(-1, "seal 5", "seal 9223372036854775807")),
    Attack("a seal's record at a wrong place of an honest log", TAMPERED, resealed_record(5, "seal 5", "seal 4")),
    Attack("no inclusion", TAMPERED, view(-1, inclusion=[])),
    Attack("inclusion too short", TAMPERED, in_view(-1, "inclusion", lambda old: old[:-1])),
    Attack("inclusion too long", TAMPERED, in_view(-1, "inclusion", lambda old: [*old, old[-1]])),
    Attack("inclusion of 1,000 hashes", TAMPERED, in_view(-1, "inclusion", lambda old: old * 500)),
    Attack("inclusion in the other order", TAMPERED, in_view(-1, "inclusion", lambda old: old[::-1])),
    Attack("inclusion of an older seal", TAMPERED, lambda p: p.view.update(inclusion=p.proof["views"][0]["inclusion"])),
    Attack("an older view's inclusion changed", TAMPERED, in_view(0, "inclusion", lambda old: [HASH, *old[1:]])),
    Attack("a middle view's inclusion too long", TAMPERED, in_view(1, "inclusion", lambda old: [*old, HASH])),
    Attack("a record and proof of another log", TAMPERED, proof_of_another_log),
    Attack("a checkpoint of size 0", TAMPERED, lambda p: setattr(p, "checkpoint_text", p.log.checkpoint(0).encode())),
    Attack("a checkpoint of an older size", TAMPERED, lambda p: setattr(p, "checkpoint_text", p.log.checkpoint(5).encode())),
)  # fmt: skip

DAYS = (
    Attack("days of another workspace", TAMPERED, lambda p: p.view.update(days=p.log.view(NEIGHBOR, 5)["days"])),
    Attack("view of another workspace", TAMPERED, lambda p: p.proof["views"].__setitem__(2, p.log.view(NEIGHBOR, 5))),
    Attack("only the key of another workspace", TAMPERED, days(KEY, NEIGHBOR_KEY)),
    Attack("a key in upper case", TAMPERED, days(KEY, KEY.upper())),
    Attack("another format of days", TAMPERED, days("days/1", "days/2")),
    Attack("empty days", TAMPERED, view(-1, days="")),
    Attack("days without a day", TAMPERED, day_lines(lambda old: old[:1])),
    Attack("sealed days without a day", TAMPERED, resealed_days(lambda whole: whole.split("\n")[0] + "\n")),
    Attack("days in the other order", BAD, day_lines(lambda old: [old[0], *old[:0:-1]])),
    Attack("sealed days in the other order", BAD, resealed_days(lambda whole: "".join([whole.splitlines(keepends=True)[0], *whole.splitlines(keepends=True)[:0:-1]]))),
    Attack("a day twice", BAD, day_lines(lambda old: [*old[:2], *old[1:]])),
    Attack("a sealed day twice", BAD, resealed_days(lambda whole: whole + whole.splitlines(keepends=True)[-1])),
    Attack("a day that does not exist", BAD, days("2026-11-01", "2026-02-30")),
    Attack("a sealed day that does not exist", BAD, resealed_days(lambda whole: whole.replace("2026-11-01", "2026-02-30"))),
    Attack("a day without zeros", BAD, days("2026-11-01", "2026-11-1")),
    Attack("a week date", BAD, days("2026-11-01", "2026-W44-7")),
    Attack("a day without entries", BAD, days("2026-11-01 4 ", "2026-11-01 0 ")),
    Attack("a sealed day without entries", BAD, resealed_days(lambda whole: whole.replace("2026-11-01 4 ", "2026-11-01 0 "))),
    Attack("a number with a sign", BAD, days("2026-11-01 4 ", "2026-11-01 +4 ")),
    Attack("a negative number", BAD, days("2026-11-01 4 ", "2026-11-01 -4 ")),
    Attack("a number with a zero before", BAD, days("2026-11-01 4 ", "2026-11-01 04 ")),
    Attack("a sealed number with a zero before", BAD, resealed_days(lambda whole: whole.replace("2026-11-01 4 ", "2026-11-01 04 "))),
    Attack("a number of another script", BAD, days("2026-11-01 4 ", "2026-11-01 ４ ")),
    Attack("a float", BAD, days("2026-11-01 4 ", "2026-11-01 4.0 ")),
    Attack("a number of 10,000 digits", BAD, days("2026-11-01 4 ", f"2026-11-01 {'9' * 10_000} ")),
    Attack("two blanks", BAD, days("2026-11-01 ", "2026-11-01  ")),
    Attack("a tab", BAD, days("2026-11-01 ", "2026-11-01\t")),
    Attack("a blank at the end of a line", BAD, days("\n2026-11-02", " \n2026-11-02")),
    Attack("CRLF", BAD, days("\n2026-11-02", "\r\n2026-11-02")),
    Attack("an empty line", BAD, days("\n2026-11-02", "\n\n2026-11-02")),
    Attack("no line feed at the end", BAD, in_view(-1, "days", lambda old: old[:-1])),
    Attack("an empty line at the end", BAD, in_view(-1, "days", lambda old: old + "\n")),
    Attack("a hash in upper case", BAD, day_lines(lambda old: [old[0], old[1][:13] + old[1][13:].upper(), *old[2:]])),
    Attack("a hash cut short", BAD, day_lines(lambda old: [old[0], old[1][:-2] + "\n", *old[2:]])),
    Attack("a field more", BAD, day_lines(lambda old: [old[0], old[1][:-1] + " x\n", *old[2:]])),
    Attack("an older view's day out of form", BAD, days("2026-11-01 2 ", "2026-11-01 02 ", 0)),
)  # fmt: skip

PLACE_IN_MAP = (
    Attack("a day left out", TAMPERED, day_lines(lambda old: [old[0], *old[2:]])),
    Attack("the last day left out", TAMPERED, day_lines(lambda old: old[:-1])),
    Attack("a day more", TAMPERED, day_lines(lambda old: [*old, f"2026-11-30 1 {HASH}\n"])),
    Attack("one entry less", TAMPERED, days("2026-11-01 4 ", "2026-11-01 3 ")),
    Attack("another hash", TAMPERED, day_lines(lambda old: [old[0], f"2026-11-01 4 {HASH}\n", *old[2:]])),
    Attack("another date", TAMPERED, days("2026-11-01", "2026-10-31")),
    Attack("days of an older seal", TAMPERED, lambda p: p.view.update(days=p.proof["views"][1]["days"])),
    Attack("days and path of an older seal", TAMPERED, lambda p: p.view.update({n: p.proof["views"][0][n] for n in ("days", "path")})),
    Attack("an older view's days left out", TAMPERED, day_lines(lambda old: [*old[:1], f"2026-11-01 2 {HASH}\n"], 0)),
    Attack("no path", TAMPERED, view(-1, path=[])),
    Attack("a path too short", TAMPERED, in_view(-1, "path", lambda old: old[:-1])),
    Attack("a path too long", TAMPERED, in_view(-1, "path", lambda old: [*old, HASH])),
    Attack("a path with an empty end", TAMPERED, in_view(-1, "path", lambda old: [*old, EMPTY_HASH])),
    Attack("a path in the other order", TAMPERED, in_view(-1, "path", lambda old: old[::-1])),
    Attack("a path with one hash changed", TAMPERED, in_view(-1, "path", lambda old: [HASH, *old[1:]])),
    Attack("a path of 256", TAMPERED, in_view(-1, "path", lambda old: (old * 256)[:256])),
    Attack("a path of 257", TAMPERED, in_view(-1, "path", lambda old: (old * 257)[:257])),
    Attack("a path of 100,000", TAMPERED, in_view(-1, "path", lambda _: [HASH] * 100_000)),
    Attack("a sealed path with an empty end", TAMPERED, dishonest_map(longer_path)),
    Attack("a workspace shown as absent", TAMPERED, view(-1, days=None)),
    Attack("a workspace shown as replaced by another", TAMPERED, view(-1, days=None, other=[NEIGHBOR_KEY, HASH])),
    Attack("a workspace shown as replaced by itself", TAMPERED, lambda p: p.view.update(other=[KEY, days_hash(p.view["days"])], days=None)),
    Attack("a workspace shown as absent by a neighbor's path", TAMPERED, lambda p: p.view.update({**p.log.view(ABSENT, 5), "consistency": []})),
    Attack("an absent workspace given days", TAMPERED, lambda p: p.view.update(days=encode_days(ABSENT_KEY, [DayHead("2026-11-01", 1, HASH)]), other=None), ABSENT),
    Attack("an absent workspace's place shown as empty", TAMPERED, view(-1, other=None), ABSENT),
    Attack("another other", TAMPERED, in_view(-1, "other", lambda old: [old[0], HASH]), ABSENT),
    Attack("another other's key", TAMPERED, in_view(-1, "other", lambda old: [HASH, old[1]]), ABSENT),
    Attack("a path of the absent too short", TAMPERED, in_view(-1, "path", lambda old: old[:-1]), ABSENT),
    Attack("a sealed other with no place there", TAMPERED, dishonest_map(other_elsewhere), ABSENT),
    Attack("a sealed other that is the workspace itself", TAMPERED, dishonest_map(other_is_the_same), ABSENT),
    Attack("a sealed empty place beside an empty place", TAMPERED, dishonest_map(longer_absent_path), ABSENT),
    Attack("a map of another seal in the log", TAMPERED, resealed(lambda log: log.records.__setitem__(5, log.records[5].replace(log.records[5].split("map ")[1][:64], log.records[0].split("map ")[1][:64])))),
)  # fmt: skip
ATTACKS = tuple(
    Attack(f"{group}: {attack.name}", *attack[1:])
    for group, attacks in (
        ("syntax", SYNTAX),
        ("record", RECORDS),
        ("log", PLACE_IN_LOG),
        ("days", DAYS),
        ("map", PLACE_IN_MAP),
    )
    for attack in attacks
)
