"""Who signs certificates for a test, and passwords that must be in no log."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

NAME = "localhost"  # what the certificates are for; 127.0.0.1 is another name
PASSWORDS = {"consumer": "kestrel-of-kafka", "writer": "wren-of-writer", "operator": "owl-of-operator"}
PASSWORDS |= {
    "reader": "rook-of-reader",
    "migrator": "magpie-of-migrator",
    "scaler": "swift-of-scaler",
    "sealer": "siskin-of-sealer",
    "registry": "raven:of/registry",
}
WRONG = "gull-that-is-wrong"
ACLS = (
    (ResourceType.TOPIC, AclOperation.READ),
    (ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS),
    (ResourceType.GROUP, AclOperation.READ),
)
# Of the sealer, which copies checkpoints to its topic.
SEALER_ACLS = ((ResourceType.TOPIC, AclOperation.WRITE),)
# Of KEDA's scaler, which asks for lag and reads no record.
SCALER_ACLS = (
    (ResourceType.TOPIC, AclOperation.DESCRIBE),
    (ResourceType.GROUP, AclOperation.DESCRIBE),
)


class Authority:
    """A certificate authority whose files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._folder = folder
        folder.mkdir()
        self.path = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.path))

    def issue(self, file: str, *, expired: bool = False, days: int | None = None) -> Path:
        """Key and certificate for NAME in one file, the key in PKCS #8; it is good for `days`, or for long."""
        days = -1 if expired else days
        until = None if days is None else datetime.now(UTC) + timedelta(days=days)
        issued = self._authority.issue_cert(NAME, not_after=until)
        key = load_pem_private_key(issued.private_key_pem.bytes(), None)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = self._folder / file
        path.write_bytes(b"".join([secret, *(part.bytes() for part in issued.cert_chain_pems)]))
        return path


def enroll(bootstrap: str, user: str, password: str) -> None:
    """Gives `user` a password at the broker, in place of any that it had."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    change = UserScramCredentialUpsertion(user, info, password.encode(), None)
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.alter_user_scram_credentials([change]).values():
        future.result()


def forbid_group(bootstrap: str, group: str) -> None:
    """Takes back all that anyone may do with this group."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    anyone: tuple[Any, ...] = (None, None, AclOperation.ANY, AclPermissionType.ANY)  # its types know of no "any" user
    acls = AclBindingFilter(ResourceType.GROUP, group, ResourcePatternType.LITERAL, *anyone)
    for future in admin.delete_acls([acls]).values():
        assert future.result()


def allow(
    bootstrap: str,
    user: str,
    acls: list[tuple[ResourceType, str, AclOperation]],
    pattern: ResourcePatternType = ResourcePatternType.LITERAL,
) -> None:
    """Lets `user` do these too, each a resource, its name (or how it begins, by `pattern`) and an operation."""
    admin, principal = AdminClient({"bootstrap.servers": bootstrap}), f"User:{user}"
    bindings = [
        AclBinding(kind, name, pattern, principal, "*", operation, AclPermissionType.ALLOW)
        for kind, name, operation in acls
    ]
    for future in admin.create_acls(bindings).values():
        future.result()
