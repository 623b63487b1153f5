"""A message of which the Kafka client cannot hand over a part: what can be had of it, and what the client said of the rest."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from consumer.event.model import Headers, Partition, Record, Unreadable

MAX_DETAIL = 300


def readable_parts(message: Message, partition: Partition, headers: Headers | None, error: Exception) -> Unreadable:
    """The parts of `message` that the client hands over, each asked for by itself; `error` is what was raised before.

    `headers` is None where they are what it raised for. They are not asked for again: the client would give a list that
    it has not finished, and reading that ends the process.

    Raises what the client raises where the offset cannot be had, and `error` itself where every part can be had: then the
    fault is not in the record. Lack of memory is no fault of a record either.
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
    """Letters that any database and any terminal can hold."""
    return text.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")[:MAX_DETAIL]
