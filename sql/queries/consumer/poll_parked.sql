-- Parked records that no one has resolved, by partition and reason, for the metrics.
SELECT
    kafka_topic AS topic,
    kafka_partition AS number,
    reason,
    records
FROM parked_unresolved
