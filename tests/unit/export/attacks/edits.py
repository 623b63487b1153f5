"""What an attacker does to a package.

Edits sign the manifest again, with the exporter's key, unless they say otherwise; `resealed` needs the log's key as well,
`after` needs none.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from export.format.errors import Verdict
from tests.export_package import Log, Package

Edit = Callable[[Package], Any]
DROP = object()


class Attack(NamedTuple):
    """What is done, and what the verifier must say."""

    name: str
    verdict: Verdict
    edit: Edit
    workspace: str = "org_acme"


def every(*edits: Edit) -> Edit:
    """All of them, in this order."""

    def edit(package: Package) -> None:
        for step in edits:
            step(package)

    return edit


def changed(document: dict[str, Any], changes: dict[str, Any]) -> None:
    """Sets the values, or drops the names."""
    for name, value in changes.items():
        if value is DROP:
            del document[name]
        else:
            document[name] = value


def in_manifest(edit: Callable[[dict[str, Any]], Any]) -> Edit:
    """The manifest edited, after any edit before, and signed by the exporter."""

    def apply(package: Package) -> None:
        earlier = package.edit_manifest

        def both(document: dict[str, Any]) -> Any:
            earlier(document)
            return edit(document)

        package.edit_manifest = both

    return apply


def manifest(changes: dict[str, Any]) -> Edit:
    """Other values in the manifest."""
    return in_manifest(lambda document: changed(document, changes))


def manifest_text(text: str) -> Edit:
    """Another text instead of the manifest."""
    return in_manifest(lambda _: text)


def files(changes: dict[str, Any]) -> Edit:
    """Other names in the manifest's `files`."""
    return in_manifest(lambda document: changed(document["files"], changes))


def digest(name: str, **changes: Any) -> Edit:
    """Another digest in the manifest."""
    return in_manifest(lambda document: changed(document["files"][name], changes))


def before(name: str, edit: Callable[[bytes], bytes]) -> Edit:
    """Another content of a file, which the manifest then says."""
    return lambda package: package.before_signing.update({name: edit})


def after(name: str, edit: Callable[[bytes], bytes | None]) -> Edit:
    """Another content of a file, and the manifest as it was."""
    return lambda package: package.after_signing.update({name: edit})


def replaced(old: bytes | str, new: bytes | str, count: int = 1) -> Callable[[bytes], bytes]:
    """A text, which must be there, replaced."""
    old_bytes, new_bytes = (text.encode() if isinstance(text, str) else text for text in (old, new))

    def edit(data: bytes) -> bytes:
        assert old_bytes in data, f"{old!r} is not there"
        return data.replace(old_bytes, new_bytes, count)

    return edit


def view(index: int, **changes: Any) -> Edit:
    """Other values in a view."""
    return lambda package: changed(package.proof["views"][index], changes)


def in_view(index: int, name: str, edit: Callable[[Any], Any]) -> Edit:
    """A value in a view, edited."""
    return lambda package: package.proof["views"][index].update({name: edit(package.proof["views"][index][name])})


def record(index: int, old: str, new: str) -> Edit:
    """A text in the record of a view, replaced, and nothing else."""
    return in_view(index, "record", lambda text: replaced(old, new)(text.encode()).decode())


def resealed(edit: Callable[[Log], Any]) -> Edit:
    """A dishonest sealer: its memory edited, then everything composed and signed again."""

    def apply(package: Package) -> None:
        edit(package.log)
        package.compose()

    return apply


def resealed_record(index: int, old: str, new: str) -> Edit:
    """A dishonest sealer's record, in the log as such."""

    def edit(log: Log) -> None:
        log.records[index] = replaced(old, new)(log.records[index].encode()).decode()

    return resealed(edit)


def views_of(*seals: int) -> Edit:
    """Views of other seals."""

    def edit(package: Package) -> None:
        package.views = seals
        package.compose()

    return edit


def policy(text: str | bytes) -> Edit:
    """The auditor's policy."""
    return lambda package: setattr(package, "policy", text.encode() if isinstance(text, str) else text)


def known(*makers: Callable[[Log], bytes]) -> Edit:
    """Checkpoints that the auditor holds."""
    return lambda package: package.known.extend(maker(package.log) for maker in makers)


def asked(**values: str) -> Edit:
    """Other options than those of the package."""
    return lambda package: package.asked.update({name.rstrip("_"): value for name, value in values.items()})


def on_disk(edit: Callable[[Path], Any]) -> Edit:
    """Something else on the disk than files."""
    return lambda package: setattr(package, "edit_files", edit)


def instead(name: str, make: Callable[[Path], Any]) -> Edit:
    """Something else in the place of a file."""

    def edit(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return on_disk(edit)
