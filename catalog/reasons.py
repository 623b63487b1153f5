"""Why a record was not recorded: the closed lists of words that the tables, the metrics and the commands share.

A word, once released, keeps its meaning. A new cause gets a new word.
"""

from enum import StrEnum
from typing import Self

OF_ANOTHER_VERSION = "a word of another version of audit-consumer, which this one does not know"


class Reason(StrEnum):
    """One word with a sentence that says what it means; the word is what is stored."""

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Self:
        """A member with its word and the sentence that explains it."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        return member

    @classmethod
    def of(cls, word: str) -> Self:
        """The reason that a table holds as `word`. A word that is not in the list is another version's, and is a member of no list."""
        known = next((reason for reason in cls if reason.value == word), None)
        if known is not None:
            return known
        other = str.__new__(cls, word)
        other._name_, other._value_, other.meaning = word.upper(), word, OF_ANOTHER_VERSION
        return other


class ParkReason(Reason):
    """Why a record was kept raw for a person to decide about (SPEC 4, `parked`)."""

    NOT_CLOUDEVENTS = "not_cloudevents", "a required CloudEvents header is missing, repeated, not UTF-8 or wrong"
    BAD_TIME = "bad_time", "ce_time is not RFC 3339 with a zone, or lies outside what can be stored"
    UNKNOWN_TYPE = "unknown_type", "this ce_type is not listed, neither as audited nor as ignored"
    KEY_MISSING = "key_missing", "the Kafka key, which must be the workspace id, is absent or not UTF-8"
    KEY_MISMATCH = "key_mismatch", "the Kafka key is not the record's workspace_id"
    ID_MISSING = "id_missing", "an id that identifies the event, workspace, actor or subject is empty"
    ID_MALFORMED = "id_malformed", "an id lacks its prefix (user_, org_) or holds a character PostgreSQL cannot store"
    TOO_LARGE = (
        "too_large",
        "the value is over 8 MiB, its lists and maps hold over 500,000 values, or an id is over 255 bytes",
    )
    EMPTY_VALUE = "empty_value", "the value has no bytes at all (a tombstone has no value)"
    BAD_FRAMING = "bad_framing", "the first bytes are neither Avro single-object nor Confluent framing"
    SCHEMA_UNKNOWN = "schema_unknown", "no schema has this fingerprint, or the registry does not know this id"
    SCHEMA_NOT_AVRO = "schema_not_avro", "the registry's schema of this id is not Avro"
    SCHEMA_UNSAFE = (
        "schema_unsafe",
        "the writer schema could exhaust memory or stack: recursive, too deep, or empty items",
    )
    SCHEMA_MISMATCH = "schema_mismatch", "the ce_type header names one type, the schema is another type's"
    SCHEMA_RESOLUTION = "schema_resolution", "the writer schema cannot be resolved to our reader schema"
    AVRO_INVALID = "avro_invalid", "the bytes are not a valid Avro encoding of the writer schema"
    TRAILING_BYTES = "trailing_bytes", "bytes are left over after the Avro value"
    UNKNOWN_PLAN = "unknown_plan", "a plan is not in the order of plans, so it is unknown whether this is an upgrade"
    RECORD_UNREADABLE = (
        "record_unreadable",
        "the Kafka client cannot decode a part of the record, such as a header name that is not UTF-8",
    )
    CRASH_LOOP = "crash_loop", "a child process that decoded this record alone died of it three times"
    DATABASE_REFUSED = "database_refused", "PostgreSQL refuses this one row, though everything was checked before"


class IgnoreReason(Reason):
    """Why a record was counted and dropped (SPEC 4, `ignored`)."""

    NOT_AUDITED = "not_audited", "the type is listed as not audited"
    TOMBSTONE = "tombstone", "the record has a key and no value"
    NO_CHANGE = "no_change", "an edit in which no tracked field changed"
    OTHER_CELL = "other_cell", "the workspace belongs to another cell (`AUDIT_CELL`), which reads the same record"


class GapCause(Reason):
    """How Kafka lost what had not been read (SPEC 4, `gap`)."""

    BEFORE_FIRST_READ = "before_first_read", "the log's start had moved before the partition was ever read"
    LOG_START_MOVED = "log_start_moved", "retention or a deletion removed records that were not read"
    LOG_TRUNCATED = "log_truncated", "the log is shorter than what has been read from it"
    TOPIC_RECREATED = "topic_recreated", "the topic of this name has a new id: the old log is gone"
    LOG_DAMAGED = (
        "log_damaged",
        "the broker's log cannot be read there, and an operator said so (`audit-consumer gaps state`)",
    )


class HaltCause(Reason):
    """Why a partition is halted until someone acts."""

    GAP = "gap", "a gap was stated; `audit-consumer gaps accept` lets it continue after the gap"
    BREAKER = "breaker", "too many records parked; fix the producer or the catalog, then `audit-consumer resume`"
    REGISTRY_UNSET = (
        "registry_unset",
        "a Confluent-framed record, and SCHEMA_REGISTRY_URL is not set; set it and restart the consumer",
    )
    DAMAGED_LOG = (
        "damaged_log",
        "the broker's log fails its checksum or cannot be decompressed; repair it and resume, or use `gaps state`",
    )
    COMPACTED = (
        "compacted",
        "the topic's cleanup.policy includes compact, which destroys history; change it, then resume",
    )
