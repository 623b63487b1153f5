-- The rows of a page, bounded in bytes: a diff of more than %(shown)s bytes is not read, and neither is most of a text
-- of more than 4 KiB, or the facets beyond the twentieth. pg_column_size and octet_length read no value that is stored
-- apart from its row (TOAST); a compressed value has at most some ninety times the bytes that are stored.
SELECT
    id,
    workspace_id,
    action,
    actor_type,
    actor_id,
    subject_type,
    subject_id,
    occurred_at,
    recorded_at,
    channel,
    source,
    event_source,
    event_id,
    CASE
        WHEN facets_fit THEN facets
        ELSE array(SELECT left(facet, 255) FROM unnest(facets[1:20]) AS facet)
    END AS facets,
    CASE
        WHEN octet_length(actor_email) > 4096 THEN left(actor_email, 500) || '…'
        ELSE actor_email
    END AS actor_email,
    CASE
        WHEN octet_length(subject_label) > 4096 THEN left(subject_label, 500) || '…'
        ELSE subject_label
    END AS subject_label,
    CASE
        WHEN pg_column_size(diff) > %(shown)s THEN NULL
        WHEN pg_column_compression(diff) IS NULL THEN diff::text
        WHEN octet_length(json_send(diff)) <= %(shown)s THEN diff::text
    END AS diff,
    NOT facets_fit
    OR coalesce(octet_length(actor_email) > 4096, FALSE)
    OR coalesce(octet_length(subject_label) > 4096, FALSE) AS is_cut
FROM audit_event
CROSS JOIN LATERAL (SELECT pg_column_size(facets) <= 1900 AND cardinality(facets) <= 20) AS size (facets_fit)
WHERE workspace_id = %(workspace_id)s AND id = any(%(ids)s::bigint[])
ORDER BY occurred_at DESC, id DESC
