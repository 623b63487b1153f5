"""The headers of one record by librdkafka's own functions, for names that the Python binding cannot decode.

The library is the one that the binding has loaded. A second client with the same properties reads one offset and is closed
again; it joins no group. C strings end at a NUL: what follows one in a name cannot be read by librdkafka's functions.
"""

import ctypes
import time
from collections.abc import Mapping
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

from confluent_kafka import cimpl

from consumer.kafka.group_config import BASE, LIMITS, OF_MEMBERS

SECONDS = 5.0
CONSUMER = 1  # RD_KAFKA_CONSUMER
ERROR_BYTES = 512
# Properties of a client that reads one record: it neither commits nor has rebalance callbacks.
OWN: Mapping[str, str] = {
    "enable.auto.commit": "false",
    "isolation.level": "read_committed",
    "check.crcs": "true",
    "auto.offset.reset": "error",
    "log_level": "0",
    # Of a backlog that compresses well, this client would unpack more in one answer than there is memory (decision 149).
    **{name: str(BASE[name]) for name in LIMITS},
}


class RawHeadersUnavailable(Exception):
    """The record could not be read again in time; one line that says why."""


class _Message(ctypes.Structure):
    """rd_kafka_message_t (rdkafka.h)."""

    _fields_ = (
        ("err", c_int),
        ("rkt", c_void_p),
        ("partition", c_int32),
        ("payload", c_void_p),
        ("len", c_size_t),
        ("key", c_void_p),
        ("key_len", c_size_t),
        ("offset", c_int64),
        ("private", c_void_p),
    )


# Name, type of the result (None: void), types of the arguments: as in rdkafka.h.
_FUNCTIONS = (
    ("rd_kafka_conf_new", c_void_p, ()),
    ("rd_kafka_conf_set", c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    ("rd_kafka_conf_destroy", None, (c_void_p,)),
    ("rd_kafka_new", c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    ("rd_kafka_poll_set_consumer", c_int, (c_void_p,)),
    ("rd_kafka_topic_partition_list_new", c_void_p, (c_int,)),
    ("rd_kafka_topic_partition_list_add", c_void_p, (c_void_p, c_char_p, c_int32)),
    ("rd_kafka_topic_partition_list_set_offset", c_int, (c_void_p, c_char_p, c_int32, c_int64)),
    ("rd_kafka_topic_partition_list_destroy", None, (c_void_p,)),
    ("rd_kafka_assign", c_int, (c_void_p, c_void_p)),
    ("rd_kafka_consumer_poll", POINTER(_Message), (c_void_p, c_int)),
    ("rd_kafka_message_destroy", None, (POINTER(_Message),)),
    ("rd_kafka_message_headers", c_int, (POINTER(_Message), POINTER(c_void_p))),
    (
        "rd_kafka_header_get_all",
        c_int,
        (c_void_p, c_size_t, POINTER(c_char_p), POINTER(c_void_p), POINTER(c_size_t)),
    ),
    ("rd_kafka_consumer_close", c_int, (c_void_p,)),
    ("rd_kafka_destroy", None, (c_void_p,)),
    ("rd_kafka_err2str", c_char_p, (c_int,)),
)


def read_raw_headers(
    config: Mapping[str, str], topic: str, partition: int, offset: int, seconds: float = SECONDS
) -> list[tuple[str, bytes | None]]:
    """The headers of the record at `offset`, in order, repeats kept; bytes of a name that are not UTF-8 as escapes.

    `config` is a member's, with its group.id. Waits `seconds` at most. Raises RawHeadersUnavailable.
    """
    library = _library()
    alone = {name: value for name, value in config.items() if name == "group.id" or not name.startswith(OF_MEMBERS)}
    client = _client(library, {**alone, **OWN})
    try:
        library.rd_kafka_poll_set_consumer(client)
        wanted = library.rd_kafka_topic_partition_list_new(1)
        library.rd_kafka_topic_partition_list_add(wanted, topic.encode(), partition)
        library.rd_kafka_topic_partition_list_set_offset(wanted, topic.encode(), partition, offset)
        library.rd_kafka_assign(client, wanted)
        library.rd_kafka_topic_partition_list_destroy(wanted)
        return _await(library, client, offset, time.monotonic() + seconds)
    finally:
        library.rd_kafka_consumer_close(client)
        library.rd_kafka_destroy(client)


def _library() -> ctypes.CDLL:
    """The binding's extension module, through which the symbols of its librdkafka are found."""
    try:
        library = ctypes.CDLL(cimpl.__file__)
        for name, result, arguments in _FUNCTIONS:
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise RawHeadersUnavailable(f"librdkafka's functions are not found: {error}") from error
    return library


def _client(library: ctypes.CDLL, properties: Mapping[str, str]) -> int:
    words = ctypes.create_string_buffer(ERROR_BYTES)
    settings = library.rd_kafka_conf_new()
    for name, value in properties.items():
        if library.rd_kafka_conf_set(settings, name.encode(), value.encode(), words, ERROR_BYTES) != 0:
            library.rd_kafka_conf_destroy(settings)
            raise RawHeadersUnavailable(words.value.decode(errors="backslashreplace"))
    client = library.rd_kafka_new(CONSUMER, settings, words, ERROR_BYTES)
    if not client:
        library.rd_kafka_conf_destroy(settings)
        raise RawHeadersUnavailable(words.value.decode(errors="backslashreplace"))
    return int(client)


def _await(library: ctypes.CDLL, client: int, offset: int, deadline: float) -> list[tuple[str, bytes | None]]:
    why = "the broker gave no record"
    while (left := deadline - time.monotonic()) > 0:
        message = library.rd_kafka_consumer_poll(client, max(int(left * 1000), 1))
        if not message:
            continue
        try:
            if message.contents.err:
                why = library.rd_kafka_err2str(message.contents.err).decode()
            elif message.contents.offset != offset:
                raise RawHeadersUnavailable(f"the broker gave offset {message.contents.offset} instead of {offset}")
            else:
                return _headers(library, message)
        finally:
            library.rd_kafka_message_destroy(message)
    raise RawHeadersUnavailable(why)


def _headers(library: ctypes.CDLL, message: object) -> list[tuple[str, bytes | None]]:
    handle, name, value, size = c_void_p(), c_char_p(), c_void_p(), c_size_t()
    headers: list[tuple[str, bytes | None]] = []
    if library.rd_kafka_message_headers(message, byref(handle)) != 0:
        return headers
    while library.rd_kafka_header_get_all(handle, len(headers), byref(name), byref(value), byref(size)) == 0:
        text = (name.value or b"").decode(errors="backslashreplace")
        headers.append((text, ctypes.string_at(value.value, size.value) if value.value is not None else None))
    return headers
