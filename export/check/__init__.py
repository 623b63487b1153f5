"""Compares every entry with what was sealed, and that with what was signed (verified_export.md, section 10).

Map: `older_seals` what the tables say of each seal; `history` a workspace's heads and days over all seals; `everything` the whole
comparison; `metrics_file` the file that a scheduled check writes for Prometheus; `command` its options.
"""
