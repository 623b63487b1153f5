"""The demo: everything on one machine, with sample events going through the real consumer into a real database.

    run                   the two ways to run it: for as long as someone watches, or once over the fixed sample
    environment           services, topics, schema, consumer, reader and sealer, started and ended; `steps` prints how long each takes
    background_publisher  publishes the sample traffic in a thread
    queries               what the database says became of the records
    display               shows that while it changes; `rendering` makes the tables and lines
    expected_outcomes     what must become of the sample, worked out without the consumer
    report                the final tables of `--once`, compared with what was expected
    sealing               the sealer beside the consumer
    evidence              the end: an export that is verified, and the same with one cell edited
    next_commands         commands to paste into another terminal
    foreground            which process the terminal's Ctrl-C goes to

`python -m sandbox.demo` runs until Ctrl-C; with `--once` it ends by itself and checks what it saw.
"""
