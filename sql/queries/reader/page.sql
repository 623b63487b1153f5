-- The rows of a page, bounded in bytes: a diff of more than %(shown)s bytes is not read, and neither is most of a long
-- text, or of many facets (catalog.shortened). pg_column_size and octet_length read no value that is stored apart from
-- its row (TOAST); a compressed value has at most some ninety times the bytes that are stored.
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
        WHEN pg_column_size(facets) <= 500 AND pg_column_compression(facets) IS NULL THEN facets
        ELSE array(
            SELECT
                CASE
                    WHEN octet_length(facet) > %(facet_bytes)s THEN left(facet, %(facet_kept)s) || '…'
                    ELSE facet
                END
            FROM unnest(facets) WITH ORDINALITY AS stored (facet, place)
            ORDER BY place
            LIMIT %(facets)s
        )
    END AS facets,
    CASE
        WHEN octet_length(actor_email) > %(name_bytes)s THEN left(actor_email, %(name_kept)s) || '…'
        ELSE actor_email
    END AS actor_email,
    CASE
        WHEN octet_length(subject_label) > %(name_bytes)s THEN left(subject_label, %(name_kept)s) || '…'
        ELSE subject_label
    END AS subject_label,
    CASE
        WHEN pg_column_size(diff) > %(shown)s THEN NULL
        WHEN pg_column_compression(diff) IS NULL THEN diff::text
        WHEN octet_length(json_send(diff)) <= %(shown)s THEN diff::text
    END AS diff,
    pg_column_size(facets) > 500
    OR pg_column_compression(facets) IS NOT NULL
    OR coalesce(octet_length(actor_email) > %(name_bytes)s, FALSE)
    OR coalesce(octet_length(subject_label) > %(name_bytes)s, FALSE) AS is_cut
FROM audit_event
WHERE workspace_id = %(workspace_id)s AND id = any(%(ids)s::bigint[]) /* shown */
ORDER BY occurred_at DESC, id DESC
