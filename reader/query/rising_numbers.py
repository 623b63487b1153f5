"""Rising numbers as a short text: the distance of each from the one before it, seven bits a byte, as base64 for URLs."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

MAX_NUMBER = 2**63 - 1


def text(numbers: Sequence[int], first: int) -> str:
    """The text of numbers from `first` on."""
    packed, last = bytearray(), first
    for number in numbers:
        distance, last = number - last, number
        while distance > 0x7F:
            packed.append(distance & 0x7F | 0x80)
            distance >>= 7
        packed.append(distance)
    return urlsafe_b64encode(packed).decode().rstrip("=")


def parse(packed: str, first: int, limit: int) -> tuple[int, ...]:
    """The numbers of a text that `text` made, at most `limit`. Raises ValueError for every other one."""
    numbers: list[int] = []
    distance, shift, last = 0, 0, first
    for byte in urlsafe_b64decode(packed + "=" * (-len(packed) % 4)):
        distance |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:
            last += distance
            numbers.append(last)
            distance = shift = 0
        if shift > 63 or last > MAX_NUMBER or len(numbers) > limit:
            raise ValueError(packed)
    if text(numbers, first) != packed:
        raise ValueError(packed)
    return tuple(numbers)
