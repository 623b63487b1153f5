"""Attacks on a package, as data: a name, the verdict that must come, and the edit. One module for some of the checks."""
