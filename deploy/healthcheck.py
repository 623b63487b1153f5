"""Whether the program of this container is well: exit 0 if its own /healthz says so.

One image has several programs, each with a port of its own: the first that anyone listens at is asked. A listener that says
503, or nothing, is not well; where no one listens nothing runs that could be.
"""

import os
import sys
import urllib.request

SECONDS = 3


def main() -> int:
    """Asks, and says what was wrong: `docker inspect` shows it."""
    for setting in ("AUDIT_METRICS_BIND", "AUDIT_READER_BIND", "AUDIT_SEAL_METRICS_BIND"):
        port = os.environ.get(setting, "").rpartition(":")[2]
        if not port:
            continue
        # A proxy of the environment has nothing to do with 127.0.0.1. The reader takes no other Host by default.
        ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            ask.open(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS).close()
        except OSError as error:  # urllib's own are kinds of it
            if isinstance(getattr(error, "reason", None), ConnectionRefusedError):
                continue
            print(f"{setting}: {error}")
            return 1
        return 0
    print("no program listens")
    return 1


if __name__ == "__main__":
    sys.exit(main())
