"""What seal, create and check read from PostgreSQL, in memory that does not grow with what the tables hold.

Map: `database` sessions and errors; `entries` rows of audit.csv; `heads` heads and days; `bucket_map` hashes of all heads, in
bounded memory; `log` audit_seal.
"""
