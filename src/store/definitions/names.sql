-- Names that a statement is given as it runs, on a branch: the proxy puts these functions around them. They are told which schemas
-- the branch has, as {"branch": name, "schemas": {logical: physical}, "kept": [schemas that are not versioned]}. OIDs are names of
-- nothing, and pass.

CREATE OR REPLACE FUNCTION pggit.physical_schema(given text, names jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF names -> 'schemas' ? given THEN
        RETURN names -> 'schemas' ->> given;
    END IF;
    -- What has an @ names a branch on purpose; what is left is nothing that the branch has, and never main's.
    IF given ~ '@|^pg_|^(information_schema|pggit|pggit_dropped|\d+)?$' OR names -> 'kept' ? given THEN
        RETURN given;
    END IF;
    RETURN given || '@' || (names ->> 'branch');
END
$$;

CREATE OR REPLACE FUNCTION pggit.physical_schema(given oid, names jsonb) RETURNS oid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT given';

-- Of an object: the first of several parts is its schema.
CREATE OR REPLACE FUNCTION pggit.physical_name(given text, names jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts constant text[] := regexp_match(given, '^\s*(?:"((?:[^"]|"")+)"|([^\s".(\[]+))\s*\.(.*)$');
BEGIN
    IF parts IS NULL THEN
        RETURN given;
    END IF;
    RETURN quote_ident(pggit.physical_schema(coalesce(replace(parts[1], '""', '"'), lower(parts[2])), names)) || '.' || parts[3];
END
$$;

CREATE OR REPLACE FUNCTION pggit.physical_name(given oid, names jsonb) RETURNS oid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT given';
