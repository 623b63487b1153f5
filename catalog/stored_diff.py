"""A stored diff as values, without the loss of a digit."""

import json
from typing import Any


class Number(str):
    """A number, exactly as the stored text writes it."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)


def parse(stored: str) -> dict[str, Any]:
    """The diff of an entry. Raises RecursionError where it is nested too deeply."""
    diff: dict[str, Any] = _DECODER.decode(stored)
    return diff


def mcp_client(stored: str) -> str | None:
    """The MCP client that a diff names; None where it names none, or is nested too deeply."""
    try:
        mcp = parse(stored).get("mcp") or {}
    except RecursionError:
        return None
    client: str | None = mcp.get("client")
    return client
