"""`make fuzz`: hostile records through the pipeline and the native code, each answer held against a second Avro implementation.

cases     one record from a number: bytes of a valid one changed, hostile headers, a writer schema of another shape
writers   writer schemas at random, from our own; and values of them
values    a value of a schema, encoded in any of the legal ways
second    Apache's Avro library, which reads what ours has read
oracle    what must be true of every answer; the native code's is the pipeline's, or none
run       cases until the time is over
compiled  the same in a process that has the wheel
"""
