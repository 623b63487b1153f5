-- What a part of the same batch has staged before this one.
DELETE FROM staging
