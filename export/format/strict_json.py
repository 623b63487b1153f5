"""JSON as an auditor reads it: one meaning or none. What parsers disagree about is refused (RFC 8259, section 9)."""

import json
import math
from typing import Any

MAX_DIGITS = 19


class JSONError(ValueError):
    """Why a text is not accepted as JSON."""


def loads(text: str) -> Any:
    """Gives the value of `text`.

    Refuses repeated names in an object, NaN, infinities and what would be read as one (1e999), integers of more than 19 digits, lone surrogates and nesting
    beyond the parser's limit. `-0` is a float here, so that a check for an integer refuses it.

    Raises JSONError: with the reason, on one line.
    """
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_float
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8
    except RecursionError:
        raise JSONError("nested too deeply") from None
    except UnicodeEncodeError:
        raise JSONError("a \\u escape is half of a surrogate pair") from None
    except JSONError:
        raise
    except ValueError as error:
        raise JSONError(str(error)) from None
    return value


def is_integer(value: object) -> bool:
    """Whether `value` is an integer that is not negative; `true` and `1.0` are none."""
    return type(value) is int and value >= 0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise JSONError("a name occurs twice in an object")
    return value


def _refuse_constant(name: str) -> Any:
    raise JSONError(f"{name} is not JSON")


def _integer(text: str) -> int | float:
    if not text.isascii() or len(text.removeprefix("-")) > MAX_DIGITS:
        raise JSONError("a number has too many digits")
    return -0.0 if text == "-0" else int(text)


def _float(text: str) -> float:
    if not text.isascii():
        raise JSONError("a number has digits that are not ASCII")
    if math.isinf(value := float(text)):
        raise JSONError("a number is too large")
    return value
