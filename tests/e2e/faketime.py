"""libfaketime gives a program another clock: all of its settings but how far it is off."""

from collections.abc import Mapping
from pathlib import Path

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
MISSING = "" if _LIBRARIES else "libfaketime is not installed: apt-get install faketime"
ENVIRON: Mapping[str, str] = {"LD_PRELOAD": str(next(iter(_LIBRARIES), "")), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
