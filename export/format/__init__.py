"""Format 1 of the verified export, byte for byte. Pure: no clock, files, network or database.

Map, from the bottom up:

* `errors`: the verdicts and their exit codes, one list;
* `encoding`: hashes, numbers, days, times and base64, each in its only accepted form;
* `strict_json`: JSON without repeated names, NaN or lone surrogates;
* `row`, `csv_reader`: a line of audit.csv, and how a file is split into lines;
* `days`: the hash chain of a day, and the list of a workspace's days;
* `workspace_map`: the trie over all workspaces;
* `merkle`: the RFC 9162 tree of the log, inclusion and consistency proofs;
* `record`: one seal;
* `accounts`: accounts.csv, whether it balances, what is unusual in it;
* `keys`, `note`, `checkpoint`: Ed25519 keys, signed notes (C2SP), the log's signed size and root;
* `policy`: whose signatures the auditor accepts;
* `manifest`, `proof`: the other two files of a package;
* `rotation`: the note that replaces a key.
"""
