"""`make docs`: writes what is derived from the catalog again: docs/types.md, and the list of topics wherever it is deployed."""

import re
from collections.abc import Mapping
from pathlib import Path

from catalog import render
from catalog.topics import TOPICS
from tests.repository import ROOT

TYPES = ROOT / "docs" / "types.md"
# By file: a pattern whose group is the list, what each line begins with, and how many topics a line has.
TOPIC_LISTS: Mapping[str, tuple[str, str, int]] = {
    "deploy/compose.yaml": (r"^      TOPICS: >-\n((?:        callmine\..*\n)+)", "        ", 6),
    "deploy/helm/callmine-audit/values.yaml": (r"^    topics:.*\n((?:      - callmine\..*\n)+)", "      - ", 1),
    "deploy/env.example": (r"^(#AUDIT_TOPICS=.*\n)", "#AUDIT_TOPICS=", 0),
}


def files() -> dict[Path, str]:
    """The generated files, each with the text that it has to have; ValueError where a list of topics is not found."""
    lists = {ROOT / name: _with_topics(name, *how) for name, how in TOPIC_LISTS.items()}
    return {TYPES: render.as_markdown(), **lists}


def _with_topics(name: str, pattern: str, prefix: str, per_line: int) -> str:
    """The file's text with the catalog's topics in its list; with 0 a line all in one line, commas between."""
    text = (ROOT / name).read_text("utf-8")
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise ValueError(f"{name} has no list of topics that looks like {pattern}")
    chunks = [TOPICS[at : at + per_line] for at in range(0, len(TOPICS), per_line)] if per_line else []
    lines = [" ".join(chunk) for chunk in chunks] or [",".join(TOPICS)]
    return text[: match.start(1)] + "".join(f"{prefix}{line}\n" for line in lines) + text[match.end(1) :]


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
