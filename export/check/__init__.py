"""`check`: every entry against what was sealed, and that against what was signed (verified_export.md, section 10).

Map: `finding` what is wrong, in words; `everything` the comparison; `command` its options.
"""
