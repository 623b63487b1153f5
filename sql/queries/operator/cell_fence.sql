-- Whoever reads as another cell is fenced, and finds out at its next claim.
UPDATE partition_progress SET
    epoch = epoch + 1,
    owner = NULL,
    updated_at = now()
WHERE retired_at IS NULL
