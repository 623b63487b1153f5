"""From a Kafka record to its outcome. Pure: no broker, database, clock, environment or log."""
