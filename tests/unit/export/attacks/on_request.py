"""Check 1: the request, the policy, the six files, the manifest as a note."""

import os
from pathlib import Path

from export.format.errors import Verdict
from tests.export_package import EXPORTER, LOG, WITNESSES, Package, policy_text, witness_lines, witness_vkey
from tests.unit.export.attacks.edits import Attack, Edit, after, asked, instead, manifest_text, on_disk, policy

BAD = Verdict.MALFORMED
VKEY, EXPORTER_VKEY = LOG.verifier.encode(), EXPORTER.verifier.encode()
W1 = witness_vkey(WITNESSES["w1"]).encode()


def log_line(line: str) -> Edit:
    """The log's line replaced."""
    return policy(policy_text().replace(f"log {VKEY}", line))


def options(*words: str) -> Edit:
    """More options."""
    return lambda package: package.options.extend(words)


def without_policy(package: Package) -> None:
    """No --policy at all."""
    package.policy = None


def moved_behind_a_link(folder: Path) -> None:
    """The file elsewhere, and a link to it in its place."""
    (folder / "audit.csv").rename(folder / "moved")
    (folder / "audit.csv").symlink_to("moved")


REQUEST = (
    Attack("from equals to", BAD, asked(from_="2026-11-05")),
    Attack("from after to", BAD, asked(from_="2026-11-06")),
    Attack("a day that does not exist", BAD, asked(to="2026-11-31")),
    Attack("no leap year", BAD, asked(from_="2026-02-29")),
    Attack("a month 13", BAD, asked(to="2026-13-01")),
    Attack("a day without zeros", BAD, asked(from_="2026-11-1")),
    Attack("a basic ISO day", BAD, asked(from_="20261101")),
    Attack("a week date", BAD, asked(from_="2026-W44-7")),
    Attack("a time instead of a day", BAD, asked(to="2026-11-05T00:00:00Z")),
    Attack("a day with a blank", BAD, asked(to="2026-11-05 ")),
    Attack("a day with a line feed", BAD, asked(to="2026-11-05\n")),
    Attack("full-width digits", BAD, asked(to="２０２６-11-05")),
    Attack("the year 0", BAD, asked(from_="0000-11-01")),
    Attack("an empty day", BAD, asked(from_="")),
    Attack("an empty workspace", BAD, asked(workspace="")),
    Attack("a workspace that is not UTF-8", BAD, asked(workspace="org_\udcff")),
    Attack("no policy", BAD, without_policy),
    Attack("an unknown option", BAD, options("--force")),
    Attack("an abbreviated option", BAD, options("--jso")),
    Attack("an option twice", BAD, options("--workspace", "org_globex")),
    Attack("a second folder", BAD, options("elsewhere")),
    Attack("an option without its value", BAD, options("--known")),
)

POLICY = (
    Attack("an empty policy", BAD, policy("")),
    Attack("no log", BAD, policy(f"exporter {EXPORTER_VKEY}\n")),
    Attack("no exporter", BAD, policy(f"log {VKEY}\n")),
    Attack("an unknown word", BAD, policy(policy_text("auditor somebody"))),
    Attack("an upper-case word", BAD, policy(policy_text().replace("log ", "LOG ", 1))),
    Attack("a log without a key", BAD, policy(policy_text("log"))),
    Attack("a key of too many words", BAD, log_line(f"log {VKEY} https://a.example https://b.example")),
    Attack(
        "an exporter with a URL",
        BAD,
        policy(policy_text().replace(EXPORTER_VKEY, f"{EXPORTER_VKEY} https://a.example")),
    ),
    Attack("a wrong key id", BAD, log_line("log " + VKEY.replace(LOG.verifier.key_id.hex(), "00000000"))),
    Attack(
        "an upper-case key id",
        BAD,
        log_line("log " + VKEY.replace(LOG.verifier.key_id.hex(), LOG.verifier.key_id.hex().upper())),
    ),
    Attack("a key of another name with the old id", BAD, log_line("log " + VKEY.replace("audit.", "audit2."))),
    Attack("a key cut short", BAD, log_line(f"log {VKEY[:-4]}")),
    Attack("a key without padding's last letter", BAD, log_line(f"log {VKEY[:-1]}")),
    Attack("a key that is not base64", BAD, log_line("log a+00000000+!!!!")),
    Attack("a key without a name", BAD, log_line("log " + VKEY[VKEY.index("+") :])),
    Attack("a witness key as the log", BAD, log_line(f"log {W1}")),
    Attack("a log key as a witness", BAD, policy(policy_text(f"witness w1 {VKEY}"))),
    Attack("the same log twice", BAD, policy(policy_text(f"log {VKEY}"))),
    Attack("the same exporter twice", BAD, policy(policy_text(f"exporter {EXPORTER_VKEY}"))),
    Attack(
        "a witness's name twice",
        BAD,
        policy(policy_text(*witness_lines("w1"), witness_lines("w2")[0].replace("w2", "w1"))),
    ),
    Attack("a witness's key twice", BAD, policy(policy_text(*witness_lines("w1"), f"witness w9 {W1}"))),
    Attack("a witness named none", BAD, policy(policy_text(f"witness none {W1}"))),
    Attack("a group named as a witness", BAD, policy(policy_text(*witness_lines("w1"), "group w1 any w1"))),
    Attack("a group of unknown members", BAD, policy(policy_text("group g any w1"))),
    Attack("a group of itself", BAD, policy(policy_text("group g any g"))),
    Attack("a group before its members", BAD, policy(policy_text("group g any w1", *witness_lines("w1")))),
    Attack("two groups of each other", BAD, policy(policy_text("group a any b", "group b any a", "quorum a"))),
    Attack("a group of none", BAD, policy(policy_text("group g any none"))),
    Attack("a group of no one", BAD, policy(policy_text("group g all"))),
    Attack("more than all members", BAD, policy(policy_text(*witness_lines("w1", "w2"), "group g 3 w1 w2"))),
    Attack("none of the members", BAD, policy(policy_text(*witness_lines("w1"), "group g 0 w1"))),
    Attack("a negative threshold", BAD, policy(policy_text(*witness_lines("w1"), "group g -1 w1"))),
    Attack("a signed threshold", BAD, policy(policy_text(*witness_lines("w1"), "group g +1 w1"))),
    Attack("a threshold with a zero before it", BAD, policy(policy_text(*witness_lines("w1"), "group g 01 w1"))),
    Attack("a threshold of another script", BAD, policy(policy_text(*witness_lines("w1"), "group g １ w1"))),
    Attack("a member twice", BAD, policy(policy_text(*witness_lines("w1"), "group g 2 w1 w1"))),
    Attack(
        "a member of two groups", BAD, policy(policy_text(*witness_lines("w1"), "group a any w1", "group b any w1"))
    ),
    Attack("an unknown quorum", BAD, policy(policy_text("quorum w1"))),
    Attack("a quorum without a name", BAD, policy(policy_text("quorum"))),
    Attack("two quorums", BAD, policy(policy_text("quorum none", "quorum none"))),
    Attack("a quorum of two words", BAD, policy(policy_text(*witness_lines("w1", "w2"), "quorum w1 w2"))),
    Attack("Windows line ends", BAD, policy(policy_text().replace("\n", "\r\n"))),
    Attack("a CR in a comment", BAD, policy("# a\rb\n" + policy_text())),
    Attack("a byte order mark", BAD, policy("\ufeff" + policy_text())),
    Attack("a NUL", BAD, policy(policy_text() + "# \0\n")),
    Attack("no UTF-8", BAD, policy(policy_text().encode() + b"# \xff\n")),
    Attack("UTF-16", BAD, policy(policy_text().encode("utf-16"))),
    Attack("a no-break space between words", BAD, log_line(f"log\u00a0{VKEY}")),
    Attack("two keys of one name and id", BAD, policy(policy_text(f"exporter {VKEY}", logs=(LOG, LOG)))),
    Attack("the package's checkpoint as policy", BAD, lambda p: setattr(p, "policy", p.files()["checkpoint"])),
)

FILES = (
    *(Attack(f"no {name}", BAD, after(name, lambda _: None)) for name in ("manifest", "audit.csv", "proof.json")),
    *(Attack(f"no {name}", BAD, after(name, lambda _: None)) for name in ("accounts.csv", "checkpoint", "README.txt")),
    Attack("README in lower case", BAD, on_disk(lambda folder: (folder / "README.txt").rename(folder / "readme.txt"))),
    *(Attack(f"a folder as {name}", BAD, instead(name, os.mkdir)) for name in ("manifest", "audit.csv", "README.txt")),
    *(Attack(f"a FIFO as {name}", BAD, instead(name, os.mkfifo)) for name in ("manifest", "proof.json", "README.txt")),
    Attack("a device as audit.csv", BAD, instead("audit.csv", lambda path: path.symlink_to("/dev/zero"))),
    Attack("a link to nothing", BAD, instead("checkpoint", lambda path: path.symlink_to("nowhere"))),
    Attack("a link to itself", BAD, instead("checkpoint", lambda path: path.symlink_to("checkpoint"))),
    Attack(
        "a link to the file, moved",
        BAD,
        on_disk(moved_behind_a_link),
    ),
)

NOTE = (
    Attack("an empty manifest", BAD, after("manifest", lambda _: b"")),
    Attack("a manifest without signatures", BAD, after("manifest", lambda data: data.split(b"\n\n")[0] + b"\n")),
    Attack("no signature line", BAD, after("manifest", lambda data: data.split("—".encode())[0])),
    Attack("no empty line", BAD, after("manifest", lambda data: data.replace(b"\n\n", b"\n"))),
    Attack("no line feed at the end", BAD, after("manifest", lambda data: data[:-1])),
    Attack("an empty line at the end", BAD, after("manifest", lambda data: data + b"\n")),
    Attack("Windows line ends in the manifest", BAD, after("manifest", lambda data: data.replace(b"\n", b"\r\n"))),
    Attack("a CR in the signature", BAD, after("manifest", lambda data: data[:-1] + b"\r\n")),
    Attack("a tab in the text", BAD, after("manifest", lambda data: data.replace(b" ", b"\t", 1))),
    Attack("a NUL in the text", BAD, after("manifest", lambda data: b"\0" + data)),
    Attack("a DEL in the text", BAD, after("manifest", lambda data: b"\x7f" + data)),
    Attack("a C1 control in the text", BAD, after("manifest", lambda data: b"\xc2\x85" + data)),
    Attack("no UTF-8 in the text", BAD, after("manifest", lambda data: b"\xff" + data)),
    Attack("an encoded surrogate", BAD, after("manifest", lambda data: b"\xed\xa0\x80" + data)),
    Attack("an overlong encoding", BAD, after("manifest", lambda data: b"\xc0\xaf" + data)),
    Attack("a hyphen instead of the dash", BAD, after("manifest", lambda data: data.replace("—".encode(), b"-"))),
    Attack(
        "two spaces after the dash", BAD, after("manifest", lambda data: data.replace("— ".encode(), "—  ".encode()))
    ),
    Attack("a signature without its padding", BAD, after("manifest", lambda data: data.replace(b"=\n", b"\n"))),
    Attack("URL-safe base64", BAD, after("manifest", lambda data: data[:-20] + b"-_-_" + data[-16:])),
    Attack("base64 of unused bits", BAD, after("manifest", lambda data: data + "— x AAAAAAB=\n".encode())),
    Attack("a signature of nothing", BAD, after("manifest", lambda data: data + "— x AAAAAA==\n".encode())),
    Attack("text among the signatures", BAD, after("manifest", lambda data: data + b"hello\n")),
    Attack("a name with a plus", BAD, after("manifest", lambda data: data + "— a+b AAAAAAA=\n".encode())),
    Attack("a line without a name", BAD, after("manifest", lambda data: data + "— AAAAAAA=\n".encode())),
    Attack("a manifest of 17 MiB", BAD, after("manifest", lambda data: b" " * (17 << 20) + data)),
    Attack("a text that is no JSON", BAD, manifest_text("hello\n")),
)
ATTACKS = (*REQUEST, *POLICY, *FILES, *NOTE)
