"""python -m export: the same as audit-export."""

from export.cli import main

main()
