"""What a host's name and a TCP port may be."""


def is_name(host: str) -> bool:
    """Whether `host` can be looked up: no empty part, and none over 63 letters (IDNA, RFC 3490)."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def is_port(text: str) -> bool:
    """Whether `text` is a port that one can listen at or connect to: 1 to 65535, in ASCII digits."""
    return text.isascii() and text.isdecimal() and 0 < int(text) <= 65535
