"""The reader's benchmark: pages at any depth of a million entries, and requests per second, each beside a plain way."""
