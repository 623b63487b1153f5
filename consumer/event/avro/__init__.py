"""Strict decoding of the Avro binary encoding."""
