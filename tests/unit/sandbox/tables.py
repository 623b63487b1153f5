"""The tables that benchmarks write, read back."""


def rows(text: str) -> dict[str, list[str]]:
    """The lines of the tables in a Markdown text, by their first cell."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in lines}
