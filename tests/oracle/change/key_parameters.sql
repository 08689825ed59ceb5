ALTER INDEX kpa.keys_primary RESET (fillfactor);
ALTER INDEX kpa.keys_included SET (fillfactor = 50, deduplicate_items = off);
ALTER INDEX kpa.keys_excluded SET (fillfactor = 75);
ALTER TABLE kpa.adopted RENAME CONSTRAINT adopted_key TO adopted_pkey;
COMMENT ON INDEX kpa.keys_primary IS NULL;
COMMENT ON INDEX kpa.adopted_pkey IS 'adopted';
