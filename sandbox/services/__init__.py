"""Services on this machine for demo, tests and benchmarks: Kafka, PostgreSQL, a registry, an issuer."""
