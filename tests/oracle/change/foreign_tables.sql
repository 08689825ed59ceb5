ALTER FOREIGN TABLE far.lines OPTIONS (SET delimiter ',', DROP quote, ADD header 'true');
ALTER FOREIGN TABLE far.lines ALTER line OPTIONS (DROP force_not_null, ADD force_null 'true'), ALTER n DROP DEFAULT, ADD COLUMN added text, DROP CONSTRAINT positive;
ALTER FOREIGN TABLE far.lines RENAME COLUMN line TO "Line";
ALTER FOREIGN TABLE far.plain RENAME TO simple;
CREATE FOREIGN TABLE far.added (a text) SERVER files OPTIONS (filename '/dev/null');
DROP FOREIGN TABLE far.child;
COMMENT ON FOREIGN TABLE far.lines IS NULL;
