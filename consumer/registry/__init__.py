"""The client of the Schema Registry."""
