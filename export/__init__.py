"""The verified export: evidence about one workspace and one range of days that an auditor can check alone, offline.

Map, in reading order:

* `format`: every byte rule of the export, pure: no clock, no files, no network, no database;
* `verify`: the offline verifier: standard library, `cryptography` and `format`, nothing else;
* `key_files`: writes the files of a key pair, overwrites nothing;
* `whole_files`: replaces files atomically;
* `tables`: what is read from PostgreSQL, in bounded memory;
* `evidence`: compares the signed log, the tables and the entries;
* `copies`: copies of checkpoints outside the sealer's folder;
* `settings`: what the environment may say to `seal`, `create` and `check`;
* `seal`: the sealer, which signs;
* `create`: makes a package;
* `check`: compares everything;
* `keygen`, `rotate`: the commands that make keys and announce a new one;
* `completion`: what makes a shell complete commands and options;
* `cli`: the program `audit-export`.
"""
