"""What to do about each reason for parking, for the service's developer and for the operator who reads the list."""

from collections.abc import Mapping

from catalog.reasons import ParkReason

ADVICE: Mapping[ParkReason, str] = {
    ParkReason.NOT_CLOUDEVENTS: (
        "Send ce_specversion (1.0), ce_id, ce_source, ce_type, ce_time and content-type (application/avro), each once."
    ),
    ParkReason.BAD_TIME: "Send ce_time as RFC 3339 with a zone, such as 2026-11-22T10:30:00.123456Z.",
    ParkReason.UNKNOWN_TYPE: (
        "Correct the ce_type, or list it: in catalog/audit_types.py if it is to be audited, else in catalog/topics.py. "
        "Then deploy and replay."
    ),
    ParkReason.KEY_MISSING: "Send the workspace id as the record's key, in UTF-8.",
    ParkReason.KEY_MISMATCH: "Send the workspace_id of the data as the record's key; the two must be equal.",
    ParkReason.ID_MISSING: "Send the id that the detail names; an empty text is not an id.",
    ParkReason.ID_MALFORMED: "Send Clerk's own ids (user_…, org_…), as they are; ids are never rewritten here.",
    ParkReason.TOO_LARGE: (
        "Send less: a value has at most 8 MiB, and 500,000 values in all its lists and maps together; an id at most 255 bytes."
    ),
    ParkReason.EMPTY_VALUE: "Send the Avro value; for a tombstone send no value at all, not an empty one.",
    ParkReason.BAD_FRAMING: "Frame the Avro value: C3 01 and the schema's fingerprint, or 00 and the registry's id.",
    ParkReason.SCHEMA_UNKNOWN: (
        "Encode with a schema of schemas/, or register the schema. If a service is ahead of us, deploy its schema, then replay."
    ),
    ParkReason.SCHEMA_NOT_AVRO: "Register an Avro schema without references to others.",
    ParkReason.SCHEMA_UNSAFE: "Register a schema like those of schemas/: not recursive and not deeply nested.",
    ParkReason.SCHEMA_MISMATCH: "Let ce_type and the schema name the same event type.",
    ParkReason.SCHEMA_RESOLUTION: "Register a schema that ours can read: fields may be added with a default, not changed.",
    ParkReason.AVRO_INVALID: "Encode with an Avro library, by exactly the schema that the header bytes name.",
    ParkReason.TRAILING_BYTES: "Send one Avro value and nothing after it.",
    ParkReason.UNKNOWN_PLAN: "Correct the plan's name, or give the new plan its place in catalog/plans.py; then replay.",
    ParkReason.RECORD_UNREADABLE: (
        "Send header names in UTF-8. Bytes of a name that are not UTF-8 are kept as escapes; if the rest is right, replay it."
    ),
    ParkReason.CRASH_LOOP: "Keep it for the developers of the consumer: decoding it kills a process. Replay it once that is fixed.",
    ParkReason.DATABASE_REFUSED: "Read PostgreSQL's message in the detail: one of our checks is missing. Replay it once that is fixed.",
}


def advice(reason: ParkReason) -> str:
    """What to do about a record that was parked for this reason."""
    return ADVICE.get(reason, "Look with the version of audit-consumer that parked it.")
