"""What must become of a sample, counted from what was sent, without any of the consumer's code."""

from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from fastavro import schemaless_reader

import schemas
from catalog.audit_types import BY_CE_TYPE
from catalog.topics import IGNORED
from sandbox.traffic.generator import Emission

HEADER_BYTES = 10  # of Avro single-object encoding, which the sample is in


def expected_outcomes(emissions: Iterable[Emission]) -> Counter[str]:
    """How many of the emissions, in their order, must be given each outcome of SPEC 4."""
    first: dict[tuple[bytes, bytes, bytes], bytes] = {}
    return Counter(_outcome(emission, first) for emission in emissions)


def _outcome(emission: Emission, first: dict[tuple[bytes, bytes, bytes], bytes]) -> str:
    if emission.value is None:
        return "ignored"  # a tombstone
    headers = dict(emission.headers)
    ce_type = headers["ce_type"].decode()
    if ce_type in IGNORED:
        return "ignored"
    if ce_type not in BY_CE_TYPE:
        return "parked"
    data = _data(ce_type, emission.value)
    if _is_edit(ce_type) and data["before"] == data["after"]:
        return "ignored"
    identity = (emission.key, headers["ce_source"], headers["ce_id"])
    if identity not in first:
        first[identity] = emission.value
        return "recorded"
    return "duplicate" if first[identity] == emission.value else "conflict"


def _data(ce_type: str, value: bytes) -> dict[str, Any]:
    data = schemaless_reader(BytesIO(value[HEADER_BYTES:]), schemas.parsed(schemas.latest(ce_type)), None)
    assert isinstance(data, dict)
    return data


def _is_edit(ce_type: str) -> bool:
    """Whether an event of this type that changes nothing is ignored."""
    return any(feed.edit for _, feed in BY_CE_TYPE[ce_type].ways.values())
