"""The client of Kafka: records by the group consumer, questions by the admin client."""
