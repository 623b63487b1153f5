"""Produces a record whose header names are any bytes, as a producer in C, Go or PHP can: the Python binding takes text only."""

import ctypes
from collections.abc import Sequence

from confluent_kafka import Consumer, TopicPartition, cimpl

from tests.builders import Message

PRODUCER, COPY, LIMIT_MS = 0, 2, 10_000
# RD_KAFKA_VTYPE_…: what the argument after it is.
TOPIC, PARTITION, VALUE, KEY, FLAGS, HEADERS, END = 1, 3, 4, 5, 7, 10, 0


def produce_raw(bootstrap: str, topic: str, message: Message, headers: Sequence[tuple[bytes, bytes | None]]) -> int:
    """Produces key and value of `message`, with these headers, to partition 0; the offset that it has there."""
    library = ctypes.CDLL(cimpl.__file__)
    for function in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_headers_new"):
        getattr(library, function).restype = ctypes.c_void_p
    words = ctypes.create_string_buffer(512)
    settings = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(settings, b"bootstrap.servers", bootstrap.encode(), words, ctypes.c_size_t(512))
    client = ctypes.c_void_p(library.rd_kafka_new(PRODUCER, settings, words, ctypes.c_size_t(512)))
    assert client, words.value
    raw_headers = ctypes.c_void_p(library.rd_kafka_headers_new(ctypes.c_size_t(len(headers))))
    for name, value in headers:
        size = ctypes.c_ssize_t(-1 if value is None else len(value))
        library.rd_kafka_header_add(raw_headers, name, ctypes.c_ssize_t(len(name)), value, size)
    body, key = message.value or b"", message.key or b""
    error = library.rd_kafka_producev(
        client, TOPIC, topic.encode(), PARTITION, ctypes.c_int32(0), VALUE, body, ctypes.c_size_t(len(body)),
        KEY, key, ctypes.c_size_t(len(key)), FLAGS, ctypes.c_int(COPY), HEADERS, raw_headers, END,
    )  # fmt: skip
    assert error == 0, error
    assert library.rd_kafka_flush(client, ctypes.c_int(LIMIT_MS)) == 0
    library.rd_kafka_destroy(client)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none"})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    consumer.close()
    return int(end) - 1
