"""The pictures of the documents: what `make screenshots` takes, what lies there and what is shown are the same."""

import re

from sandbox.screenshots.__main__ import FOLDER, SHOTS

MAX_BYTES = 1_500_000  # bytes of all of them: everyone who clones the repository has them


def test_every_picture_is_taken_and_shown() -> None:
    """No picture is old, none is missing, and the guide shows each or links to it."""
    shown = re.findall(r"\(screenshots/([\w-]+)\.png\)", (FOLDER.parent / "reader.md").read_text("utf-8"))

    assert sorted(shot.name for shot in SHOTS) == sorted(file.stem for file in FOLDER.iterdir()) == sorted(shown)


def test_pictures_are_small_enough_for_a_repository() -> None:
    """All of them together."""
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MAX_BYTES
