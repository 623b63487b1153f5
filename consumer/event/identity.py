"""The rule for every identity of an event (SPEC 3): stored as it came, or the record is parked."""

from catalog.reasons import ParkReason
from consumer.event import canonical
from consumer.event.model import Poison

MAX_ID_BYTES = 255


def check_id(identity: str, name: str, prefix: str = "") -> None:
    """Raises Poison unless `identity` is not empty, has at most 255 bytes, can be stored and begins with `prefix`.

    `name` says in the detail which identity it is. Poison: ID_MISSING, ID_MALFORMED, TOO_LARGE.
    """
    if (
        identity.isascii()
        and 0 < len(identity) <= MAX_ID_BYTES
        and identity.startswith(prefix)
        and "\0" not in identity
    ):
        return
    if not identity:
        raise Poison(ParkReason.ID_MISSING, f"{name} is empty")
    if canonical.clean(identity)[1]:
        raise Poison(ParkReason.ID_MALFORMED, f"{name} holds a character that PostgreSQL cannot store")
    size = len(identity.encode())
    if size > MAX_ID_BYTES:
        raise Poison(ParkReason.TOO_LARGE, f"{name} has {size} bytes, the limit is {MAX_ID_BYTES}")
    if not identity.startswith(prefix):
        raise Poison(ParkReason.ID_MALFORMED, f"{name} does not begin with {prefix}")
