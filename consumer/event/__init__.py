"""From a Kafka record to its outcome. Pure: no broker, database, clock, environment or log.

`model` has the values that go in and come out. `pipeline` is the whole way, in the order of SPEC 4: `ignored` for types
that are not audited, `envelope` for the CloudEvents attributes, `decode` for the data (`framing` finds the schema, `avro`
reads the bytes), `diff` for what changed, `row` for the entry, with `identity` for its ids and `canonical` for its JSON.
"""
