"""A message of which the Kafka client cannot decode a part: its readable parts, and the client's error for the others."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from consumer.event.model import Headers, Partition, Record, Unreadable

MAX_DETAIL = 300


def readable_parts(message: Message, partition: Partition, headers: Headers | None, error: Exception) -> Unreadable:
    """The parts of `message` that the client can decode, each read separately; `error` is what was raised before.

    `headers` is None if reading them raised. They are not read again: the client would return an incomplete list, and
    accessing that crashes the process.

    Raises the client's error if the offset cannot be read, and `error` itself if every part can be read: then the
    fault is not in the record. Nor is a MemoryError.
    """
    if isinstance(error, MemoryError):
        raise error
    assert message.error() is None
    offset: Any = message.offset()
    faults = {} if headers is not None else {"headers": _fault("headers", error)}

    def part(name: str, get: Callable[[], Any]) -> Any:
        try:
            return get()
        except MemoryError:
            raise
        except Exception as fault:  # noqa: BLE001 whatever the binding raises for this part
            faults[name] = _fault(name, fault)
            return None

    value, key = part("value", message.value), part("key", message.key)
    kind, milliseconds = part("timestamp", message.timestamp) or (TIMESTAMP_NOT_AVAILABLE, -1)
    if not faults:
        raise error
    time = None if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds
    record = Record(partition, offset, time, key, value, headers or [])
    return Unreadable(partition, record, tuple(faults), _storable("; ".join(faults.values())))


def _fault(name: str, error: Exception) -> str:
    return f"{name}: {error.__cause__ or error}"


def _storable(text: str) -> str:
    """The bytes as printable ASCII."""
    return text.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")[:MAX_DETAIL]
