INSERT INTO audit_seal (seal, snapshot, record, accounts, checkpoint)
VALUES (%(seal)s, %(snapshot)s::pg_snapshot, %(record)s, %(accounts)s, %(checkpoint)s)
