"""The lists whose pages are measured: as the reader is asked for them, and as PostgreSQL would be without it."""

from collections.abc import Sequence

from sandbox.bench_reader.entries import day

SELECTIONS: dict[str, Sequence[tuple[str, str]]] = {
    "all": (),
    "one action": (("action", "member.added"),),
    "one facet": (("facet", "operation:paused"),),
    "MCP": (("source", "mcp"),),
    "one actor": (("actor", "person7@harbourpine.example"),),
    "one month": (("from", day(30)), ("to", day(60))),
    "one actor in one month": (("actor", "person7@harbourpine.example"), ("from", day(30)), ("to", day(60))),
    "one facet of one action": (("facet", "operation:paused"), ("action", "member.added")),
}
MONTH = f"occurred_at >= '{day(30)}' and occurred_at < '{day(61)}'"
NAIVE = {
    "all": "true",
    "one action": "action = 'member.added'",
    "one facet": "'operation:paused' = any(facets)",
    "MCP": "source = 'mcp'",
    "one actor": "actor_email = 'person7@harbourpine.example'",
    "one month": MONTH,
    "one actor in one month": f"actor_email = 'person7@harbourpine.example' and {MONTH}",
    "one facet of one action": "'operation:paused' = any(facets) and action = 'member.added'",
}
