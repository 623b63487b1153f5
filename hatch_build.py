"""Compiles the consumer's core with mypyc where AUDIT_COMPILE=1 asks for it: the wheel of the image, and of the benchmark.

The modules stay what they are, typed Python; nothing else may depend on whether they were compiled. Everywhere else (an
editable installation, the tests) the same files are interpreted, so no one needs a compiler to work on them.
"""

import os
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What runs for every record, and nothing else.
COMPILED = (
    "catalog/cells", "catalog/content_digest",
    "consumer/event/avro/binary", "consumer/event/avro/decoder",
    "consumer/event/avro/primitives", "consumer/event/canonical", "consumer/event/decode", "consumer/event/diff",
    "consumer/event/envelope", "consumer/event/framing", "consumer/event/identity", "consumer/event/ignored",
    "consumer/event/model", "consumer/event/pipeline", "consumer/event/row", "consumer/polling/intake",
    "consumer/kafka/polled", "consumer/partitions/breaker", "consumer/partitions/position",
    "consumer/storage/batch", "consumer/storage/copy_row", "runtime/timestamps",
)  # fmt: skip
# The usual records' way in C (docs/decisions/0144).
NATIVE = ("consumer/native/copy_rows",)


class CompileHook(BuildHookInterface[Any]):
    """hatchling's hook for wheels."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the compiled modules beside their sources, and says that the wheel is of one platform."""
        if version == "editable" or os.environ.get("AUDIT_COMPILE") != "1":
            return
        root = Path(self.root)
        self._directory = tempfile.TemporaryDirectory(prefix="audit-compile-")
        built = _compile(root, Path(self._directory.name))
        build_data["force_include"].update({str(path): name for name, path in built.items()})
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the compiler's folder."""
        if hasattr(self, "_directory"):
            self._directory.cleanup()


def _compile(root: Path, to: Path) -> dict[str, Path]:
    """The compiled modules by their place in the wheel."""
    from mypyc.build import mypycify  # noqa: PLC0415 only a build that compiles has these
    from setuptools import Distribution, Extension  # noqa: PLC0415

    os.chdir(root)
    sources = [f"{name}.py" for name in COMPILED]
    extensions = mypycify(
        ["--strict", *sources], opt_level="3", debug_level="0", target_dir=str(to / "c"), group_name="audit"
    )
    extensions += [Extension(name.replace("/", "."), [f"{name}.c"], extra_compile_args=["-O3"]) for name in NATIVE]
    command = Distribution({"name": "callmine-audit", "ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(to / "lib"), str(to / "temp")
    command.ensure_finalized()
    command.run()
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return {path.relative_to(to / "lib").as_posix(): path for path in (to / "lib").rglob(f"*{suffix}")}
