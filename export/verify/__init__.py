"""The offline verifier: what an auditor runs. It needs Python, `cryptography` and `export.format`, and nothing else.

Map, in reading order:

* `program`: runs a command, prints its verdict first, gives its exit code; `python -m export.verify` is such a program;
* `verify_command`, `inspect_command`: the two commands and their options;
* `verifier`: the checks of section 11 in their order;
* `package`: opens and reads the files of a package, and the auditor's own;
* `signatures`: who signed the manifest, the checkpoint and what the auditor holds;
* `views`: a workspace as of one seal: the way up the map and the log;
* `history`: whether the package continues what the auditor holds;
* `rows`: audit.csv against the days;
* `report`: the report when all checks hold.
"""
