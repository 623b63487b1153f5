"""The rule for identities: what is refused, why, and what is not asked."""

import pytest

from catalog.reasons import ParkReason
from consumer.event.identity import check_id
from consumer.event.model import Poison


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        ("", ParkReason.ID_MISSING),
        ("sch_1\0", ParkReason.ID_MALFORMED),
        ("sch_\ud800", ParkReason.ID_MALFORMED),
        ("member_1", ParkReason.ID_MALFORMED),
        ("USER_1", ParkReason.ID_MALFORMED),
        ("user_" + "x" * 251, ParkReason.TOO_LARGE),
        ("user_" + "é" * 126, ParkReason.TOO_LARGE),
    ],
    ids=["empty", "nul", "surrogate", "prefix", "case", "256 bytes", "257 bytes in 131 characters"],
)
def test_identity_that_will_not_do_is_refused(identity: str, reason: ParkReason) -> None:
    """An id is never rewritten: empty, over-long, unstorable or without its prefix, the record is parked."""
    with pytest.raises(Poison) as refused:
        check_id(identity, "member_id", "user_")

    assert refused.value.reason is reason
    assert "member_id" in refused.value.detail


@pytest.mark.parametrize("identity", ["user_1", "user_" + "x" * 250, "user_" + "é" * 125, "user_ <b>\n"], ids=ascii)
def test_identity_is_checked_by_prefix_emptiness_and_length_only(identity: str) -> None:
    """Up to 255 bytes, any other text behind the prefix is an id."""
    check_id(identity, "member_id", "user_")
