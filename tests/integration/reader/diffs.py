"""Diffs of a given size, of the kinds that cost a reader most."""

import json
import random

import reader.http.byte_limits

EMPTY = len('{"changes":{"/x":{"after":""}}}')


def sized(size: int) -> str:
    """A diff of so many bytes that PostgreSQL compresses a little."""
    words = random.Random(size)
    text = "".join(f"{words.randrange(10**6)} " for _ in range(size // 6 + 2))
    return f'{{"changes":{{"/x":{{"after":"{text[: size - EMPTY]}"}}}}}}'


def values(size: int) -> str:
    """A diff of so many bytes, as many small values as fit."""
    return f'{{"changes":{{"/x":{{"after":[{",".join("1" * ((size - EMPTY) // 2))}]}}}}}}'


def astral(size: int) -> str:
    """A diff of so many bytes that takes four times as many in memory, since one character is beyond the first plane."""
    return f'{{"changes":{{"/x":{{"after":"\U0001f600{"x" * (size - EMPTY - 4)}"}}}}}}'


def shown_values() -> str:
    """As many values as an entry's own page shows, each as long as fits."""
    commas, limit = reader.http.byte_limits.MAX_PAGE_COMMAS, reader.http.byte_limits.MAX_PAGE_DIFF
    value = json.dumps("&" * (limit // commas - 4))
    return f'{{"changes":{{"/x":{{"after":[{",".join([value] * commas)}]}}}}}}'
