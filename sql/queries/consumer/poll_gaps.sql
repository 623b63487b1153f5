-- Gaps that were ever stated, by partition and cause, for the metrics.
SELECT
    d.kafka_topic_id AS topic_id,
    d.kafka_partition AS number,
    d.cause,
    count(*) AS gaps
FROM data_gap AS d
GROUP BY d.kafka_topic_id, d.kafka_partition, d.cause
