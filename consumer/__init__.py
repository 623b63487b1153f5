"""The consumer: a record is decoded into an event, found in the catalogue, diffed, made a row, stored, then committed.

In reading order. The nouns: `model`. The sentence: `pipeline`, which joins `envelope`, `decode` (`framing`,
`schema_safety`, `avro`, `avro_binary`, `avro_primitives`), `diff`, `canonical` and `row`. What is
written together: `batch`, by `store`, in the thread of `writer`; whose partition it is: `claim`, `assignment`,
`cursor`, `breaker`. The shell around it: `loop`, with `horizon`, `lookup` and `quarantine` beside it. The doors:
`broker` and `cluster` to Kafka, `database` and `migrate` to PostgreSQL, `registry` to the Schema Registry; `refusal`
and `certificate` tell why one stays shut. For people: `cli` and `commands`, over `status`, `parking`, `operate`,
`judge`, `explain`; `serve` puts a running consumer together from `settings`.
"""
