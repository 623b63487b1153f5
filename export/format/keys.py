"""Ed25519 keys by name (C2SP signed-note, tlog-cosignature; sections 5 and 7): verifier keys, key files, signatures."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from export.format.encoding import MAX_NUMBER, decode_base64, encode_base64

ED25519 = 1
COSIGNATURE = 4  # a witness's: Ed25519 over a time and the text
SIGNATURE_BYTES = 64


def is_name(name: str) -> bool:
    """Whether a key may have this name: no space, `+` or control character in it, and not empty."""
    return bool(name) and not any(char.isspace() or char == "+" or is_control(char) for char in name)


def is_control(char: str) -> bool:
    """Whether it is a control character (Unicode's category Cc), LF included."""
    return char < " " or "\x7f" <= char <= "\x9f"


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name and algorithm, ED25519 or COSIGNATURE."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature line begins with."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]

    def encode(self) -> str:
        """NAME+KEYID+BASE64."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.algorithm]) + self.public)}"

    def verifies(self, signature: bytes, text: str) -> bool:
        """Whether this key made `signature` over the text of a note."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            if len(signature) != 8 + SIGNATURE_BYTES:
                return False
            time = int.from_bytes(signature[:8], "big")
            if time > MAX_NUMBER:
                return False
            message, signature = cosigned(time, text), signature[8:]
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key with its name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public key that verifies its signatures."""
        public = self.private.public_key()
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return VerifierKey(self.name, ED25519, raw)

    def public_pem(self) -> bytes:
        """The public key as PEM (SPKI), for openssl."""
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def encode(self) -> bytes:
        """The key file: `# NAME`, then PEM (PKCS #8), not encrypted."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return f"# {self.name}\n".encode() + pem


def cosigned(time: int, text: str) -> bytes:
    """What a witness signs: that it saw the checkpoint at `time`, in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def parse_vkey(text: str) -> VerifierKey:
    """Reads NAME+KEYID+BASE64.

    Raises ValueError: with the reason.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    material = decode_base64(encoded)
    if not is_name(name) or material is None:
        raise ValueError("it is not NAME+KEYID+BASE64")
    if len(material) != 33 or material[0] not in {ED25519, COSIGNATURE}:
        raise ValueError("it is not an Ed25519 key of algorithm 1 or 4")
    key = VerifierKey(name, material[0], material[1:])
    if key.key_id.hex() != key_id:
        raise ValueError(f"its key id should be {key.key_id.hex()}")
    return key


def parse_key_file(data: bytes) -> SigningKey:
    """Reads what `SigningKey.encode` gives.

    Raises ValueError: with the reason; nothing of the key is in it.
    """
    first, _, pem = data.partition(b"\n")
    try:
        name = first.decode().removeprefix("# ")
    except UnicodeDecodeError:
        raise ValueError("its first line is not UTF-8") from None
    if not first.startswith(b"# ") or not is_name(name):
        raise ValueError("its first line is not `# NAME`")
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, UnsupportedAlgorithm, ValueError):
        raise ValueError("it holds no unencrypted private key in PEM") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("its key is not Ed25519")  # noqa: TRY004 what is wrong is the file's content
    return SigningKey(name, private)
