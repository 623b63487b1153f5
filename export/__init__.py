"""The verified export: evidence about one workspace and one range of days that an auditor can check alone, offline.

Map, in reading order:

* `format`: every byte rule of the export, pure: no clock, no files, no network, no database;
* `verify`: the offline verifier: standard library, `cryptography` and `format`, nothing else;
* `settings`: what the environment may say;
* `tables`: the sealing tables and the entries, read and written;
* `evidence`: the log and the day chains as the tables have them, for `create` and `check`;
* `seal`: the sealer; `create`: makes a package; `check`: compares the whole database with what was signed;
* `key_files`: writes the files of a key pair, overwrites nothing;
* `keygen`, `rotate`: the commands that make keys and announce a new one;
* `cli`: the program `audit-export`.
"""
