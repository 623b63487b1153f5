"""`rotate --old A.key --new B.key --out NOTE`: announces a new key, signed by both (section 7)."""

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from export.format.encoding import encode_time
from export.format.errors import malformed
from export.format.rotation import sign_rotation
from export.key_files import PUBLIC, check_out, read_key, write_new


def add_parser(commands: Any) -> None:
    """Adds the command to a program's; `commands` is what argparse's add_subparsers gives."""
    parser = commands.add_parser(
        "rotate",
        help="announce a new key under the same name",
        description="Writes a note that announces a new key of the same name, signed by both. Prints the vkey that "
        "auditors add to their policies after `audit-export inspect NOTE --policy FILE`.",
    )
    parser.add_argument("--old", required=True, metavar="A.key", help="the key in use")
    parser.add_argument("--new", required=True, metavar="B.key", help="the key that replaces it")
    parser.add_argument("--out", required=True, metavar="NOTE", help="the note to write; overwrites nothing")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    check_out(arguments.out)
    old, new = read_key(arguments.old), read_key(arguments.new)
    try:
        note = sign_rotation(old, new, encode_time(dt.datetime.now(dt.UTC)))
    except ValueError as error:
        raise malformed(str(error)) from None
    write_new({Path(arguments.out): (note.encode(), PUBLIC)})
    return new.verifier.encode() + "\n"
