"""What seal, create and check read from PostgreSQL, in memory that does not grow with what the tables hold.

Map: `database` sessions and errors; `entries` rows of audit.csv; `heads` heads and days; `log` audit_seal.
"""
