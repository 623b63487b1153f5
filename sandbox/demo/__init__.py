"""The demo: everything on one machine, with sample events flowing through the real consumer into a real database.

    show      the two ways to run it: for as long as someone watches, or once over the fixed sample
    stage     services, topics, schema and consumer, set up and taken down; `steps` says how long each takes
    pump      publishes in the background
    seen      what the database says became of the records; `board` shows it as `picture` draws it
    promise   what must become of the sample, worked out without the consumer; `ending` compares
    look      how to look further, from another terminal
    terminal  whose Ctrl-C it is

`python -m sandbox.demo` runs until Ctrl-C; with `--once` it ends by itself and checks what it saw.
"""
