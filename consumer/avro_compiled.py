"""Record readers written out as Python source, one per record schema: the same rules as `avro_binary`, without its calls.

Most of an event is short strings, small indexes and records of those. Read by one function for each of them they cost
three calls where one would do, and decoding is the largest part of what a record costs. So the record's fields are laid
out in a row, nested records included; whatever is not short and plain is left to the readers of `avro_binary`.

Law of this file: the source holds numbers and quoted names of a schema that passed `schema_safety`, and nothing else. A
position may run past the end behind a short string; the next byte that is read, or the final count, then refuses it.
"""

from typing import Any

from consumer.avro_primitives import Read, Reader, string

# A length or index below 64, not negative, is one byte: its double (zigzag). All other forms have one of these bits.
NOT_SHORT = 0x81


class Source:
    """Lines of one function under construction, and the objects that they refer to."""

    def __init__(self) -> None:
        self.lines = ["def read(data, at, left):"]
        self.names: dict[str, Any] = {"string": string}
        self._count = 0

    def fresh(self, prefix: str) -> str:
        """A name that is not taken."""
        self._count += 1
        return f"{prefix}{self._count}"

    def add(self, depth: int, *lines: str) -> None:
        """Lines at a depth of indentation."""
        self.lines += ["    " * depth + line for line in lines]

    def refer(self, prefix: str, target: Any) -> str:
        """A name by which the source reaches an object."""
        name = self.fresh(prefix)
        self.names[name] = target
        return name


def compiled(fields: list[tuple[str, Reader]]) -> Read:
    """The reader of a record with these fields."""
    source = Source()
    source.add(1, f"return {_members(source, fields)}, at")
    exec("\n".join(source.lines), source.names)  # noqa: S102 the law above says what is in it
    read: Read = source.names["read"]
    return read


def _members(source: Source, fields: list[tuple[str, Reader]]) -> str:
    """Adds the lines that read the fields; gives the expression of the record."""
    values = []
    for name, field in fields:
        if field.fields is not None:
            values.append(f"{name!r}: {_members(source, field.fields)}")
            continue
        target = source.fresh("value")
        _value(source, 1, target, field)
        values.append(f"{name!r}: {target}")
    return "{" + ", ".join(values) + "}"


def _value(source: Source, depth: int, target: str, field: Reader) -> None:
    if field.read is string:
        source.add(
            depth,
            "size = data[at]",
            f"if size & {NOT_SHORT}:",
            f"    {target}, at = string(data, at, left)",
            "else:",
            "    start = at + 1",
            "    at = start + (size >> 1)",
            f"    {target} = data[start:at].decode()",
        )
    elif field.short is not None:  # an enum, or a union: one byte says which
        _choice(source, depth, target, field, field.short)
    else:
        source.add(depth, f"{target}, at = {source.refer('read', field.read)}(data, at, left)")


def _choice(source: Source, depth: int, target: str, field: Reader, short: "dict[int, str | Reader | None]") -> None:
    slow = f"{target}, at = {source.refer('read', field.read)}(data, at, left)"
    if all(isinstance(choice, str) for choice in short.values()):
        table = source.refer("table", short)
        source.add(depth, f"{target} = {table}.get(data[at])", f"if {target} is None:", f"    {slow}", "else:")
        source.add(depth + 1, "at += 1")
        return
    for number, (byte, branch) in enumerate(short.items()):
        source.add(depth, f"{'el' if number else ''}if data[at] == {byte}:", "    at += 1")
        if branch is None:
            source.add(depth + 1, f"{target} = None")
        else:
            assert isinstance(branch, Reader)
            _value(source, depth + 1, target, branch)
    source.add(depth, "else:", f"    {slow}")
