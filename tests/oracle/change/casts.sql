DROP CAST (cas.pair AS text);
DROP CAST (cas.shade AS integer);
CREATE CAST (cas.shade AS integer) WITH FUNCTION cas.to_integer(cas.shade) AS IMPLICIT;
CREATE FUNCTION cas.to_bigint(cas.pair) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint';
CREATE CAST (cas.pair AS bigint) WITH FUNCTION cas.to_bigint(cas.pair);
ALTER FUNCTION cas.to_shade(integer) RENAME TO as_shade;
ALTER TYPE cas.pair RENAME TO "Pair";
COMMENT ON CAST (integer AS cas.shade) IS NULL;
COMMENT ON CAST (cas."Pair" AS bigint) IS 'new';
