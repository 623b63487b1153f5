"""What people call the values of filters."""

from reader.query.filters import CHANNELS

# The names of the channels.
SOURCE_LABELS = {"mcp": "MCP", "web": "Web", "api": "API", "system": "System", "unknown": "Unknown"}
assert set(SOURCE_LABELS) == set(CHANNELS)
