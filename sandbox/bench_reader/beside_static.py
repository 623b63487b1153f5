"""python -m sandbox.bench_reader.beside_static FILE …: the reader, which also serves FILE as /static/page.html.

The yardstick for how fast a page opens: the same bytes, from the same server, without a session, a query or a template.
"""

import sys
from pathlib import Path

from reader.html import pages
from sandbox.services import reading

NAME = "page.html"


def main() -> None:
    """Serves until SIGTERM; what follows FILE are the arguments of `sandbox.services.reading`."""
    content = Path(sys.argv.pop(1)).read_bytes()
    assert isinstance(pages.STATIC, dict)
    pages.STATIC[NAME] = (content, "text/html; charset=utf-8", "")
    reading.main()


if __name__ == "__main__":
    main()
