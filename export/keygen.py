"""`keygen NAME --out P`: makes a key pair (section 7)."""

import argparse
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from export.format.errors import malformed, quote
from export.format.keys import SigningKey, is_name
from export.key_files import PUBLIC, SECRET, check_out, write_new


def add_parser(commands: Any) -> None:
    """Adds the command to a program's; `commands` is what argparse's add_subparsers gives."""
    parser = commands.add_parser(
        "keygen",
        help="make a key pair",
        description="Makes an Ed25519 key pair: P.key (private, mode 0600), P.pem and P.vkey (public). Prints the vkey, "
        "which goes into the auditors' policies. Overwrites nothing.",
    )
    parser.add_argument("name", metavar="NAME", help="the key's name, for example audit.example.com/log")
    parser.add_argument("--out", required=True, metavar="P", help="where to write: P.key, P.pem, P.vkey")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> str:
    name = arguments.name
    if not is_name(name) or not name.isprintable():
        raise malformed(f"a key's name has no space, + or control character: {quote(name)}")
    check_out(arguments.out)
    key = SigningKey(name, Ed25519PrivateKey.generate())
    vkey = key.verifier.encode() + "\n"
    write_new(
        {
            Path(f"{arguments.out}.key"): (key.encode(), SECRET),
            Path(f"{arguments.out}.pem"): (key.public_pem(), PUBLIC),
            Path(f"{arguments.out}.vkey"): (vkey.encode(), PUBLIC),
        }
    )
    return vkey
