-- What an earlier part of the same batch has staged; most batches are one part, and then there is nothing.
DELETE FROM staging
