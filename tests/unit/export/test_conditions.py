"""What has to hold for each seal, without a database."""

import pytest

from export.format.errors import ExportError, Verdict
from export.seal.conditions import check_forward


@pytest.mark.parametrize(("now", "before"), [("9:9:", "9:9:"), ("5:12:6,7", "9:9:"), ("9:9:", "1:1:")])
def test_snapshot_that_is_not_older_is_sealed(now: str, before: str) -> None:
    check_forward(now, before)


@pytest.mark.parametrize(("now", "before"), [("8:8:", "9:9:"), ("9:9:", "2:10:3")])
def test_snapshot_that_ends_earlier_is_of_a_database_that_went_back(now: str, before: str) -> None:
    with pytest.raises(ExportError, match="went back") as caught:
        check_forward(now, before)

    assert caught.value.verdict is Verdict.REWRITTEN
