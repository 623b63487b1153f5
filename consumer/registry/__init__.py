"""The Schema Registry: `client` asks for one schema, `fetcher` asks in its own thread until there is an answer."""
