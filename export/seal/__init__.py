"""`seal`: seals what was recorded, signs it, publishes it (verified_export.md, section 8).

Map, from the bottom up:

* `bucket_map`: the sealer's own knowledge of all heads, in bounded memory;
* `heads`: heads and days of the tables, believed only where they are known;
* `content`: an entry's content_digest, computed again;
* `reading`: one reading of what is new: chains are continued, the map follows;
* `accounts`: the partitions' counters beside what was sealed of them;
* `signer`: the log's keys;
* `folder`: AUDIT_SEAL_DIR, what is published and the sealer's memory;
* `state`: what was signed so far, and what the next seal continues;
* `writing`, `publishing`: into the tables; into the folder;
* `conditions`: what has to hold for each seal;
* `sealing`: one seal, in one transaction;
* `start`: what has to hold before the first one;
* `run`: the program, until it is stopped;
* `stop`: how it is stopped;
* `metrics`: what it says of itself;
* `command`: its options.
"""
