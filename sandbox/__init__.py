"""What demo, tests, benchmarks and releases are made with: local services, sample traffic, tools. Never part of the wheel.

    services      Kafka, PostgreSQL, a Schema Registry, a sign-in service and a browser on this machine
    traffic       sample events: what happens in made-up workspaces, and how it is published
    demo          `make demo`
    bench         `make bench`: the consumer's speed
    bench_peers   `make bench-peers`: the consumer beside other programs
    bench_reader  `make bench-reader`: the reader's speed
    bench_export  `make bench-export`: the export's speed
    release       `make release`: one version everywhere, the changelog, the tag
    screenshots   `make screenshots`: the pictures of docs/reader.md

`python -m sandbox up` starts Kafka and PostgreSQL for another terminal. Everything listens on 127.0.0.1 only.
"""
