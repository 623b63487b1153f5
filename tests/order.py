"""A pytest plugin: the files of each folder are spread over the whole run.

Tests of faults mostly wait, and unit tests compute. In the order of their names all of a kind run beside each other, and the
processor is idle for one part of the run and too busy in another.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

# The files of this folder come first and stay together: its site and its browser are made once for the folder.
TOGETHER = "browser"


def spread(files: Iterable[Path]) -> dict[Path, float]:
    """The place of each file in the run, from 0 to 1: those of one folder lie at equal distances, in their order."""
    folders = defaultdict[Path, list[Path]](list)
    for file in dict.fromkeys(files):
        folders[file.parent].append(file)
    return {
        file: 0 if folder.name == TOGETHER else (number + 0.5) / len(of_folder)
        for folder, of_folder in folders.items()
        for number, file in enumerate(of_folder)
    }


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests by their files' places; those of a file stay together and in their order."""
    places = spread(item.path for item in items)
    items.sort(key=lambda item: (places[item.path], item.path))
