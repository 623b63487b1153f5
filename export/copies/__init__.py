"""Copies of each checkpoint outside of the sealer's folder: whoever holds one is a witness (verified_export.md, section 8).

Map, from the bottom up:

* `place`: what a place is that takes copies, and how it says that it did not;
* `kafka`, `directory`, `command`: the three kinds of places;
* `memory`: what each place has taken, over restarts;
* `copier`: what waits for one place, and its thread;
* `copies`: all places together.
"""
