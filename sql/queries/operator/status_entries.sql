-- How many entries came from each partition of a topic's name, over all its incarnations. Reads the whole table.
SELECT
    kafka_topic AS topic,
    kafka_partition AS number,
    count(*) AS entries
FROM audit_event
GROUP BY kafka_topic, kafka_partition
