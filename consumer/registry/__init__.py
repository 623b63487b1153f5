"""The Schema Registry: `client` requests one schema, `fetcher` retries in its own thread until there is an answer."""
