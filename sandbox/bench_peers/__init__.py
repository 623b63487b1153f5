"""`make bench-peers`: the consumer beside other programs that bring Kafka's records into PostgreSQL, in turn in one run.

    ready      the rows that the peers read: what the consumer made of the same events, each as a record on two topics
    peers      what a peer is, and how it is got ready; what cannot be had is skipped and said
    freshness  how old a record is when its row is committed, beside the peer in Go
    process    one program under measurement: seconds, processor time, memory
    report     the table, and its section of docs/benchmarks.md
    programs   the peers in Python, run in an environment of their own (requirements/peers.txt), and what runs Kafka Connect

`go/` is the peer in Go. A peer reads finished rows and neither decodes Avro nor makes a diff; the consumer does both. All
write into the same tables with the same indexes, skip what is there already, and must leave the same rows, to the byte.
"""
