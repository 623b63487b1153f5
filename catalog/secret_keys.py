"""Which key of an open map names a secret: `…_token`, `…_secret`, `…_password`, `…_key` (SPEC 4).

The rule masks too much rather than too little, because a value that was stored can never be removed: case, separators (`api-key`,
`apiKey`, `API KEY`), width variants, a plural and a trailing number make no difference, and no separator is needed
(`apikey`). So it also masks a harmless `hotkey`.
"""

import re
from functools import lru_cache

from catalog.normalization import normalized

MAX_REMEMBERED = 200  # characters: a key may have megabytes
SECRET_ENDINGS = ("token", "secret", "password", "key")

_SECRET = re.compile(rf"(?:{'|'.join(SECRET_ENDINGS)})s?\d*\Z")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def names_secret(key: str) -> bool:
    """Whether the value under this key is to be masked."""
    return _remembered(key) if len(key) <= MAX_REMEMBERED else _names_secret(key)


def _names_secret(key: str) -> bool:
    plain = _NOT_ALPHANUMERIC.sub("", normalized("NFKC", key).casefold())
    return _SECRET.search(plain) is not None


_remembered = lru_cache(maxsize=4096)(_names_secret)
