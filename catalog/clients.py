"""What people call the programs that act through the MCP server (SPEC 3, `origin.client`)."""

MCP_CLIENTS = {
    "claude-desktop": "Claude Desktop",
    "claude.ai": "claude.ai",
    "chatgpt": "ChatGPT",
}


def display_name(client: str | None) -> str:
    """The name to show for a client: its own name if it is not listed, and "an MCP client" if it has none."""
    return MCP_CLIENTS.get(client, client) if client else "an MCP client"
