"""The commands of audit-consumer beside `migrate` and `run`: arguments in, words or JSON and an exit code out."""
