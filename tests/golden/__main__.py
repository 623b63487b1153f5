"""Writes the golden files anew: `python -m tests.golden`. Read the difference before you commit it."""

import shutil

from tests.golden.outcome import FOLDER, golden

for folder in FOLDER.glob("*.v*"):
    shutil.rmtree(folder)
for path, text in golden().items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
