"""The usual record, from its bytes to the row for COPY, in one pass of C (docs/decisions/0144).

`consumer.event` and `consumer.storage.copy_row` are the definition, in Python, and the only place where anything is decided. What is here gives the
same row for a record that is plainly right, or no answer; then the definition is asked, and finds the words. Only the wheel has it
(hatch_build.py); without it everything works, more slowly.

    fast_path    gives the native code a plan for each schema that is known
    plan         what is done with the records of one schema, from the catalog and the schema

`copy_rows.c` is the pass. It is one file of C with its parts in headers: `text.h` (bytes, escapes of JSON, fields of COPY), `avro.h` (values where they
lie in the record), `json.h` (canonical JSON), `plan.h` (reads the plans), `diff.h` (what changed), `headers.h` (CloudEvents).
"""
