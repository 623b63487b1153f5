"""Copies of each checkpoint outside the sealer's folder: whoever holds one can later show what was signed (section 8).

Map, from the bottom up:

* `destination`: the interface of a destination of copies;
* `kafka`, `directory`, `command`: the three kinds of destinations;
* `memory`: what each destination has, kept over restarts;
* `copier`: the queue and the thread of one destination;
* `copies`: all destinations together.
"""
