"""Normalizes an id or an e-mail address that a person pasted into a field or a URL."""

import re

# Blanks of every kind, also those without a width, which are pasted unnoticed.
_AROUND = r"[\s\u180e\u200b\u2060\ufeff]+"
_EDGES = re.compile(rf"\A{_AROUND}|{_AROUND}\Z")


def without_edges(text: str) -> str:
    """The text without blanks around it. The result of a result is itself."""
    return _EDGES.sub("", text)


def name_of_actor(text: str) -> str:
    """An id, or an e-mail address whose plus signs were not percent-encoded.

    In a query string a plus is a blank (WHATWG URL), and an address such as `dana+test@x.example` is often written without
    %2B. An e-mail address has no blanks inside, so those are plus signs again.
    """
    name = without_edges(text)
    return name.replace(" ", "+") if "@" in name else name
