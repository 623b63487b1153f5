"""Which key of an open map names a secret: `…_token`, `…_secret`, `…_password`, `…_key` (SPEC 4).

The rule masks too much rather than too little, because a value that was stored can never be removed: case, separators (`api-key`,
`apiKey`, `API KEY`), width variants, a plural and a trailing number make no difference, and no separator is needed
(`apikey`). So it also masks a harmless `hotkey`.
"""

import re
import unicodedata
from functools import lru_cache

SECRET_ENDINGS = ("token", "secret", "password", "key")

_SECRET = re.compile(rf"(?:{'|'.join(SECRET_ENDINGS)})s?\d*\Z")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def names_secret(key: str) -> bool:
    """Whether the value under this key is to be masked."""
    plain = _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", key).casefold())
    return _SECRET.search(plain) is not None
