"""What a TCP port may be."""


def is_port(text: str) -> bool:
    """Whether `text` is a port that one can listen at or connect to: 1 to 65535, in ASCII digits."""
    return text.isascii() and text.isdecimal() and 0 < int(text) <= 65535
