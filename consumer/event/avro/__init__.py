"""Strict decoding of Avro.

`schema_safety` decides whether a writer schema may be used, `defaults` loads a reader schema, `decoder` makes the function that decodes by it, `binary` and
`primitives` read the bytes of complex and of primitive types.
"""
