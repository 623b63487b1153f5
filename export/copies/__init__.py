"""Copies of each checkpoint outside the sealer's folder: whoever holds one can later show what was signed (section 8).

Map, from the bottom up:

* `place`: the interface of a place that copies are sent to;
* `kafka`, `directory`, `command`: the three kinds of places;
* `memory`: what each place has, kept over restarts;
* `copier`: the queue and the thread of one place;
* `copies`: all places together.
"""
