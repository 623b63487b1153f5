"""Checks 11, 12, 14 and 15: the accounts, the rows, the digest of audit.csv, whether the range is complete."""

from collections.abc import Callable
from typing import Any

from export.format.accounts import encode_accounts
from export.format.encoding import sha256_hex
from export.format.errors import Verdict
from export.format.row import HEADER
from tests.export_package import ABSENT, NEIGHBOR, WORKSPACE, Log, Package, account, row
from tests.unit.export.attacks.edits import (
    Attack,
    Edit,
    after,
    before,
    digest,
    manifest,
    replaced,
    resealed,
    resealed_record,
)

BAD, TAMPERED, INCOMPLETE = Verdict.MALFORMED, Verdict.TAMPERED, Verdict.INCOMPLETE


def sealed_accounts(edit: Callable[[bytes], bytes]) -> Edit:
    """A sealer that seals other accounts."""

    def change(log: Log) -> None:
        old, log.accounts[-1] = log.accounts[-1], edit(log.accounts[-1])
        log.records[-1] = log.records[-1].replace(sha256_hex(old), sha256_hex(log.accounts[-1]))

    return resealed(change)


def sealed_lines(*lines: Any) -> Edit:
    """A sealer that seals these accounts, in the order of the format."""
    return sealed_accounts(lambda _: encode_accounts(lines))


def cell(old: str, new: str) -> Edit:
    """A sealer that seals another text in the accounts."""
    return sealed_accounts(replaced(old, new))


LINE = "callmine.members,0,AAAAAAAAAAAAAAAAAAAAAQ,live,20,17,1,0,0,2,0,0,0,0,0,0,0,17\r\n"
UNKNOWN = "a,0,-,unknown,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\n"
RETIRED = LINE.replace(",live,", ",retired,")
ACCOUNTS = (
    Attack("a byte changed, not sealed", TAMPERED, before("accounts.csv", replaced(",live,", ",love,"))),
    Attack("a line more, not sealed", TAMPERED, before("accounts.csv", lambda data: data + LINE.encode())),
    Attack("empty, not sealed", TAMPERED, before("accounts.csv", lambda _: b"")),
    Attack("of an older seal", TAMPERED, lambda p: setattr(p, "accounts", p.log.accounts[0])),
    Attack("a halt hidden", TAMPERED, lambda p: (cell(",live,", ",halted_breaker,")(p), before("accounts.csv", replaced("halted_breaker", "live"))(p))),
    Attack("empty", BAD, sealed_accounts(lambda _: b"")),
    Attack("another header", BAD, cell("topic,partition", "topic,part")),
    Attack("columns in the other order", BAD, cell("topic,partition", "partition,topic")),
    Attack("a quoted header", BAD, cell("topic,partition", '"topic","partition"')),
    Attack("a column more", BAD, sealed_accounts(lambda data: data.replace(b"\r\n", b",0\r\n"))),
    Attack("a cell less", BAD, cell(",17\r\n", "\r\n")),
    Attack("a cell more", BAD, cell(",17\r\n", ",17,0\r\n")),
    Attack("a byte order mark", BAD, sealed_accounts(lambda data: b"\xef\xbb\xbf" + data)),
    Attack("no UTF-8", BAD, cell("callmine.", b"callmine\xff".decode("latin-1"))),
    Attack("bytes that are no UTF-8", BAD, sealed_accounts(lambda data: data.replace(b"callmine", b"callm\xff"))),
    Attack("LF", BAD, sealed_accounts(lambda data: data.replace(b"\r\n", b"\n"))),
    Attack("LF in one line", BAD, sealed_accounts(lambda data: data[:-2] + b"\n")),
    Attack("no CRLF at the end", BAD, sealed_accounts(lambda data: data[:-2])),
    Attack("an empty line at the end", BAD, sealed_accounts(lambda data: data + b"\r\n")),
    Attack("an empty line between", BAD, sealed_accounts(lambda data: data.replace(b"\r\n", b"\r\n\r\n", 1))),
    Attack("quoted cells", BAD, cell(",live,", ',"live",')),
    Attack("a blank in a cell", BAD, cell(",live", ", live")),
    Attack("an unknown state", BAD, cell(",live,", ",paused,")),
    Attack("a halt without a cause", BAD, cell(",live,", ",halted_,")),
    Attack("an upper-case state", BAD, cell(",live,", ",LIVE,")),
    Attack("an empty state", BAD, cell(",live,", ",,")),
    Attack("an empty topic", BAD, cell("callmine.members", "")),
    Attack("an empty topic id", BAD, cell("AAAAAAAAAAAAAAAAAAAAAQ", "")),
    Attack("a number with a sign", BAD, cell(",20,", ",+20,")),
    Attack("a negative number", BAD, cell(",20,", ",-20,")),
    Attack("a number with a zero before", BAD, cell(",20,", ",020,")),
    Attack("a float", BAD, cell(",20,", ",20.0,")),
    Attack("a number of another script", BAD, cell(",20,", ",２０,")),
    Attack("an empty number", BAD, cell(",20,", ",,")),
    Attack("a number of 10,000 digits", BAD, cell(",20,", f",{'2' * 10_000},")),
    Attack("a partition that is none", BAD, cell("members,0", "members,x")),
    Attack("a line twice", BAD, sealed_accounts(lambda data: data + data.split(b"\r\n")[1] + b"\r\n")),
    Attack("topics out of order", BAD, sealed_accounts(lambda data: data + LINE.replace("members", "billing").encode())),
    Attack("partitions out of order", BAD, sealed_accounts(lambda data: data.replace(b"members,0", b"members,10") + LINE.replace("members,0", "members,9").encode())),
    Attack("a retired line first", BAD, sealed_accounts(lambda data: data.replace(b",live,", b",retired,") + LINE.encode())),
    Attack("topic ids out of order", BAD, sealed_accounts(lambda data: data.replace(b",live,", b",retired,") + RETIRED.replace("AQ", "AA").encode())),
    Attack("a partition without progress before one with", BAD, sealed_accounts(lambda data: data.replace(b"callmine", UNKNOWN.encode() + b"callmine"))),
    Attack("entries that differ between lines of a partition", BAD, sealed_accounts(lambda data: data + RETIRED.replace(",17\r\n", ",18\r\n").encode())),
    Attack("unknown with a topic id", BAD, cell(",live,", ",unknown,")),
    Attack("live without a topic id", BAD, cell("AAAAAAAAAAAAAAAAAAAAAQ", "-")),
    Attack("unknown with an offset", BAD, sealed_lines(account(17), account(0, topic="x", topic_id="-", state="unknown", next_offset=1, duplicate=0, ignored_tombstone=0))),
)  # fmt: skip


def csv(edit: Callable[[bytes], bytes]) -> Edit:
    """Another audit.csv, which the manifest then says."""
    return before("audit.csv", edit)


def lines(edit: Callable[[list[bytes]], list[bytes]]) -> Edit:
    """Other rows; the row of two lines is one of them."""

    def apply(data: bytes) -> bytes:
        parts = data.replace(b"two\r\nlines", b"two|lines").splitlines(keepends=True)
        return HEADER + b"".join(edit(parts[1:])).replace(b"two|lines", b"two\r\nlines")

    return csv(apply)


def sealed_rows(edit: Callable[[bytes], bytes]) -> Edit:
    """A sealer that sealed another first row of the last day, and says so in map and log."""

    def apply(package: Package) -> None:
        package.log.rows[WORKSPACE, "2026-11-04"] = [edit(package.log.rows[WORKSPACE, "2026-11-04"][0])]
        package.log.rechain(WORKSPACE, "2026-11-04")
        package.compose()

    return apply


def swapped(rows: list[bytes], first: int, second: int) -> list[bytes]:
    rows[first], rows[second] = rows[second], rows[first]
    return rows


STRANGE = row(WORKSPACE, "2026-11-02", 99)
ROWS = (
    Attack("an empty file", TAMPERED, csv(lambda _: b"")),
    Attack("no rows", TAMPERED, csv(lambda _: HEADER)),
    Attack("no header", TAMPERED, csv(lambda data: data.removeprefix(HEADER))),
    Attack("the header twice", TAMPERED, csv(lambda data: HEADER + data)),
    Attack("the header with LF", TAMPERED, csv(lambda data: data.replace(b"\r\n", b"\n", 1))),
    Attack("a byte order mark", TAMPERED, csv(lambda data: b"\xef\xbb\xbf" + data)),
    Attack("an unquoted header", TAMPERED, csv(lambda data: HEADER.replace(b'"', b"") + data.removeprefix(HEADER))),
    Attack("a column renamed", TAMPERED, csv(replaced("actor_email", "actor_mail"))),
    Attack("two columns renamed for each other", TAMPERED, csv(lambda d: d.replace(b"actor_id", b"x", 1).replace(b"subject_id", b"actor_id", 1).replace(b"x", b"subject_id", 1))),
    Attack("the first row left out", TAMPERED, lines(lambda rows: rows[1:])),
    Attack("the last row left out", TAMPERED, lines(lambda rows: rows[:-1])),
    Attack("a row in the middle left out", TAMPERED, lines(lambda rows: rows[:2] + rows[3:])),
    Attack("a whole day left out", TAMPERED, lines(lambda rows: rows[:4] + rows[6:])),
    Attack("a row twice", TAMPERED, lines(lambda rows: [rows[0], *rows])),
    Attack("the last row twice", TAMPERED, lines(lambda rows: [*rows, rows[-1]])),
    Attack("a row more in the middle", TAMPERED, lines(lambda rows: [*rows[:5], STRANGE, *rows[5:]])),
    Attack("a row more at the end", TAMPERED, csv(lambda data: data + STRANGE)),
    Attack("a row of a later day at the end", TAMPERED, csv(lambda data: data + row(WORKSPACE, "2026-11-05", 7))),
    Attack("a row replaced", TAMPERED, lines(lambda rows: [*rows[:5], STRANGE, *rows[6:]])),
    Attack("two rows of a day swapped", TAMPERED, lines(lambda rows: swapped(rows, 0, 1))),
    Attack("two rows of two days swapped", TAMPERED, lines(lambda rows: swapped(rows, 0, 5))),
    Attack("days in the other order", TAMPERED, lines(lambda rows: rows[::-1])),
    Attack("rows of a day sorted by time across seals", TAMPERED, lines(lambda rows: [*rows[:2], rows[3], rows[2], *rows[4:]])),
    Attack("one letter", TAMPERED, csv(replaced("user_2", "user_3"))),
    Attack("one letter of the last row", TAMPERED, csv(lambda data: data[:-8] + bytes([data[-8] ^ 1]) + data[-7:])),
    Attack("another time", TAMPERED, csv(replaced("T10:01:00", "T10:01:01"))),
    Attack("another day", TAMPERED, csv(replaced('"2026-11-01T', '"2026-11-02T'))),
    Attack("another workspace", TAMPERED, csv(replaced(f'"{WORKSPACE}"', f'"{NEIGHBOR}"'))),
    Attack("a longer workspace", TAMPERED, csv(replaced(f'"{WORKSPACE}"', f'"{WORKSPACE}2"'))),
    Attack("the guard taken off", TAMPERED, csv(replaced("\"'=a@", '"=a@'))),
    Attack("the guard put on twice", TAMPERED, csv(replaced("\"'=a@", "\"''=a@"))),
    Attack("an unquoted cell", TAMPERED, csv(replaced('"web"', "web"))),
    Attack("a blank after a comma", TAMPERED, csv(replaced('","web"', '", "web"'))),
    Attack("a quote too many", TAMPERED, csv(replaced('"web"', '"we"b"'))),
    Attack("a quote that opens and never closes", TAMPERED, csv(lambda data: data[: data.rindex(b'"')] + b"\r\n")),
    Attack("LF at the ends of lines", TAMPERED, csv(lambda data: data.replace(b"\r\n", b"\n"))),
    Attack("LF within a cell", TAMPERED, csv(replaced(b"two\r\nlines", b"two\nlines"))),
    Attack("CR within a cell", TAMPERED, csv(replaced(b"two\r\nlines", b"two\rlines"))),
    Attack("CR at the end of a line", TAMPERED, csv(lambda data: data[:-2] + b"\r")),
    Attack("no CRLF at the end", TAMPERED, csv(lambda data: data[:-2])),
    Attack("an empty line at the end", TAMPERED, csv(lambda data: data + b"\r\n")),
    Attack("an empty line between", TAMPERED, lines(lambda rows: [*rows[:3], b"\r\n", *rows[3:]])),
    Attack("a blank at the end", TAMPERED, csv(lambda data: data + b" ")),
    Attack("a LF at the end", TAMPERED, csv(lambda data: data + b"\n")),
    Attack("a NUL at the end", TAMPERED, csv(lambda data: data + b"\0")),
    Attack("Ctrl-Z at the end", TAMPERED, csv(lambda data: data + b"\x1a")),
    Attack("no UTF-8", TAMPERED, csv(replaced(b"user_2", b"user\xff2"))),
    Attack("one row joined with the next", TAMPERED, lines(lambda rows: [rows[0][:-2] + b"," + rows[1], *rows[2:]])),
    Attack("a row of 2 MiB", TAMPERED, csv(replaced("two", "two" * 700_000))),
    Attack("2 MiB of quotes", TAMPERED, csv(replaced("two", '""' * (1 << 20)))),
    Attack("2 MiB of line ends in a cell", TAMPERED, csv(replaced("two", "\r\n" * (1 << 20)))),
    Attack("rows where there should be none", TAMPERED, csv(lambda data: data + row(ABSENT, "2026-11-01", 1)), ABSENT),
    Attack("a sealed row of another workspace", TAMPERED, sealed_rows(replaced(f'"{WORKSPACE}"', f'"{NEIGHBOR}"'))),
    Attack("a sealed row of another day", TAMPERED, sealed_rows(replaced('"2026-11-04T', '"2026-11-03T'))),
    Attack("a sealed row whose first cells hide another workspace", TAMPERED, sealed_rows(lambda line: line.replace(line[:29], b'"2026-11-04T","org_globex_____"'[:28] + b'"'))),
    Attack("a sealed row whose time has a quote", TAMPERED, sealed_rows(lambda line: line[:14] + b'"' + line[15:])),
    Attack("a sealed row without microseconds", TAMPERED, sealed_rows(lambda line: line.replace(line[20:28], b"Z"))),
    Attack("a sealed row without quotes around its time", TAMPERED, sealed_rows(lambda line: line[1:28] + line[29:])),
    Attack("a sealed row that is the header", TAMPERED, sealed_rows(lambda _: HEADER)),
)  # fmt: skip

CSV_DIGEST = (
    Attack("another size", TAMPERED, digest("audit.csv", bytes=1)),
    Attack("another hash", TAMPERED, digest("audit.csv", sha256="0" * 64)),
    Attack("a size that is as large as can be", TAMPERED, digest("audit.csv", bytes=2**63 - 1)),
    Attack("one entry too many", TAMPERED, manifest({"entries": 8})),
    Attack("one entry too few", TAMPERED, manifest({"entries": 6})),
    Attack("no entries", TAMPERED, manifest({"entries": 0})),
    Attack("a byte more, not signed", TAMPERED, after("audit.csv", lambda data: data + b"\n")),
    Attack("empty, not signed", TAMPERED, after("audit.csv", lambda _: b"")),
)

THROUGH = "2026-11-06T14:59:58.120000Z"
COMPLETE = (
    Attack("Kafka is not read to the end of the range", INCOMPLETE, resealed_record(-1, THROUGH, "2026-11-04T23:59:59.999999Z")),
    Attack("Kafka is read to the first day only", INCOMPLETE, resealed_record(-1, THROUGH, "2026-11-01T00:00:00.000000Z")),
    Attack("nothing is known of Kafka", INCOMPLETE, resealed_record(-1, THROUGH, "-")),
    Attack("an offset without an outcome", INCOMPLETE, cell(",live,20,", ",live,21,")),
    Attack("an outcome without an offset", INCOMPLETE, cell(",live,20,", ",live,19,")),
    Attack("a record read again and not counted", INCOMPLETE, sealed_lines(account(17, reread=1))),
    Attack("an entry that was not recorded", INCOMPLETE, sealed_lines(account(17, entries=18))),
    Attack("an entry that is gone", INCOMPLETE, sealed_lines(account(17, entries=16))),
    Attack("a replayed record without an entry", INCOMPLETE, sealed_lines(account(17, replayed=1))),
    Attack("entries without progress", INCOMPLETE, sealed_lines(account(17), account(0, topic="x", topic_id="-", state="unknown", next_offset=0, duplicate=0, ignored_tombstone=0, entries=1))),
    Attack("two lines of a partition that do not add up", INCOMPLETE, sealed_lines(account(17), account(17, topic_id="Z", state="retired"))),
    Attack("one of two lines off balance", INCOMPLETE, sealed_lines(account(17), account(5, topic="z", gap=1))),
    Attack("a retired line off balance", INCOMPLETE, sealed_lines(account(17), account(5, topic="z", state="retired", undelivered=1))),
    Attack("parked records twice", INCOMPLETE, sealed_lines(account(17, parked=1))),
)  # fmt: skip
ATTACKS = tuple(
    Attack(f"{group}: {attack.name}", *attack[1:])
    for group, attacks in (("accounts", ACCOUNTS), ("rows", ROWS), ("digest", CSV_DIGEST), ("complete", COMPLETE))
    for attack in attacks
)
