"""`python -m tests.integration.reader.full_cache serve`: the reader, whose cache of key indexes is full from its first list on.

What fills it are the lists of other workspaces, made up, which go through the real cache: to have read five million entries would
take a test minutes.
"""

import os
from dataclasses import replace

from reader.cli import main
from reader.query.cached_list import CacheKey
from reader.query.index_cache import MAX_BYTES, IndexCache
from reader.query.key_index import KEY, KeyIndex, split

LISTS = 200
LIST_BYTES = MAX_BYTES // LISTS // KEY.size * KEY.size
PUT = IndexCache.put


def put_and_fill(self: IndexCache, key: CacheKey, index: KeyIndex, made_of: KeyIndex | None = None) -> None:
    """Puts the index; if it is the first one, then others until no more fit."""
    PUT(self, key, index, made_of)
    if self.builds == 1:
        for number in range(LISTS):
            made_up = KeyIndex.from_buckets(index.snapshot, split(os.urandom(LIST_BYTES)))
            PUT(self, replace(key, workspace_id=f"org_full_{number}"), made_up)


if __name__ == "__main__":
    IndexCache.put = put_and_fill  # type: ignore[method-assign]
    main()
