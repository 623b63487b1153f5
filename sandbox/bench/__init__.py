"""The benchmark: what the consumer does in a second, as ratios to what its own parts can do in the same run.

`python -m sandbox.bench` starts a broker and a database of its own, measures, prints a table and writes
docs/benchmarks.md. It is not a test: nothing here fails because a machine is slow.

    alone              the steps of a record, each by itself
    baselines          what the parts do alone: raw COPY, and a bare loop over Kafka
    budget             where the processor time of a drain goes
    conditions         more consumers, traffic of other shapes, a table that is large already
    conditions_report  its tables
    drain              starts consumers, each on a new database
    first_record       the line that says that a program has polled its first record
    load               the records that are consumed
    machines           the drain by the distance between consumer and database
    measured           one consumer as a process of its own, which says what it did
    percentile         p99, as all benchmarks take it
    processor          processor time of a server
    provenance         which commit was measured, on how busy a machine
    report             the table, and docs/benchmarks.md
    shapes             that traffic
    shown              a table, as a terminal shows it and as a document has it
    sizing             what an entry takes, and its tables in docs/operations.md
    speed              how fast the interpreter and PostgreSQL are
    steps              one consumer whose processor time is taken step by step
    waits              what PostgreSQL's sessions wait for
"""
