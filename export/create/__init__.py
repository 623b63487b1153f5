"""`create`: packs the evidence for one workspace and whole days (verified_export.md, section 9).

Map, from the bottom up:

* `request`: what is asked for, checked before the database is;
* `cell`: whether the database has the workspace now;
* `views`: the workspace as of one seal or more, with the ways up the map and the log;
* `folder`: the six files, beside the name until they are verified;
* `readme`: the text for the receiver;
* `progress`: the bar on a terminal;
* `run`: all of it, in one transaction that only reads;
* `command`: its options.
"""
