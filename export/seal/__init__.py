"""`seal`: seals what was recorded, signs it, publishes it (verified_export.md, section 8).

Map, from the bottom up:

* `heads`: heads and days of the tables, compared with the hashes that the sealer keeps;
* `content`: an entry's content_digest, computed again;
* `reading`: one reading of what is new: chains are continued, the map follows;
* `accounts`: the partitions' counters beside what was sealed of them;
* `signer`: the log's keys;
* `folder`: AUDIT_SEAL_DIR, what is published and the sealer's state;
* `state`: what was signed so far, and what the next seal continues;
* `writing`, `publishing`: into the tables; into the folder;
* `conditions`: what has to hold for each seal;
* `sealing`: one seal, in one transaction;
* `postponing`: a seal that is due waits while recording catches up;
* `start`: what has to hold before the first one;
* `destinations`: where copies of checkpoints go, by the settings;
* `run`: the program, until it is stopped;
* `stop`: how it is stopped;
* `metrics`: its metrics;
* `command`: its options.
"""
