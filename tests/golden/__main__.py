"""`make golden`: writes the expected entries again, and adds the fingerprints of new schemas. Read the difference."""

import shutil
import sys

from schemas import all_schemas
from tests.golden import released
from tests.golden.outcome import FOLDER, golden

if faults := released.edited(released.released(), all_schemas()):
    sys.exit("\n".join(faults))
released.FILE.write_text(released.with_new(released.released(), all_schemas()), "utf-8")
for folder in FOLDER.glob("*.v*"):
    shutil.rmtree(folder)
for path, text in golden().items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
