"""The benchmark: what the consumer does in a second, as ratios to what its own parts can do in the same run.

`python -m sandbox.bench` starts a broker and a database of its own, measures, prints a table and writes
docs/benchmarks.md. It is not a test: nothing here fails because a machine is slow.
"""
