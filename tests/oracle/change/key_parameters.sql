ALTER INDEX par.keys_primary RESET (fillfactor);
ALTER INDEX par.keys_included SET (fillfactor = 50, deduplicate_items = off);
ALTER INDEX par.keys_excluded SET (fillfactor = 75);
ALTER TABLE par.adopted RENAME CONSTRAINT adopted_key TO adopted_pkey;
COMMENT ON INDEX par.keys_primary IS NULL;
COMMENT ON INDEX par.adopted_pkey IS 'adopted';
