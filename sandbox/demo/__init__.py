"""The demo: everything on one machine, with sample events flowing through the real consumer into a real database.

    stage     services, topics, schema and consumer, set up and taken down
    steps     says what each step does and how long it takes
    promise   what must become of the sample, worked out without the consumer
    seen      what the database says became of it
    picture   how that looks on a terminal, live and at the end
    look      how to look further, for another terminal

`python -m sandbox.demo` runs until Ctrl-C; with `--once` it ends by itself and checks what it saw.
"""
