"""What operators' commands do, apart from how they print.

Operators are the people who operate the audit log; nothing here is a Kubernetes operator.
`session` connects as audit_operator. `accounting` reads progress and checks that it balances, `clock` compares this machine's
clock with the database's, `tampering` compares the schema with what the migrations made, `digests` every entry with its digest.
`parked_records` lists, replays and dismisses; `cells` says which cell a database is, and compares all; `recovery` accepts gaps,
rewinds and resumes; each writes a row by `actions`. `dry_run` says what would become of a record now, and `explain` of an example.
"""
