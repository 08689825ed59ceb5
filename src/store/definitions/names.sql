-- Names that a statement is given as it runs, on a branch: the proxy puts these functions around them. They are told which schemas
-- the branch has, as {"branch": name, "schemas": {logical: physical}, "kept": [schemas that are not versioned],
-- "members": {schema: [of extensions, that are where main has them]}}. OIDs are names of nothing, and pass.

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

-- As an identifier, which may be quoted.
CREATE OR REPLACE FUNCTION pggit.physical_namespace(given text, names jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts constant text[] := regexp_match(given, '^\s*(?:"((?:[^"]|"")+)"|([^\s".]+))\s*$');
BEGIN
    IF parts IS NULL OR given ~ '^(\d+|-)$' THEN
        RETURN given;
    END IF;
    RETURN quote_ident(pggit.physical_schema(coalesce(replace(parts[1], '""', '"'), lower(parts[2])), names));
END
$$;

CREATE OR REPLACE FUNCTION pggit.physical_namespace(given oid, names jsonb) RETURNS oid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT given';

-- Of an object: the first of several parts is its schema, and only extensions have some outside of the branch's search path. What
-- follows in parentheses are types.
CREATE OR REPLACE FUNCTION pggit.physical_name(given text, names jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    routine constant text[] := regexp_match(given, '^([^(]*)\(([^)]*\.[^)]*)\)\s*$');
    parts constant text[] := regexp_match(given, '^\s*(?:"((?:[^"]|"")+)"|([^\s".(\[]+))\s*\.(.*)$');
    object text[];
    name text;
BEGIN
    IF routine IS NOT NULL THEN
        RETURN pggit.physical_name(routine[1], names) || '(' || (
            SELECT string_agg(pggit.physical_name(type, names), ',' ORDER BY place)
            FROM unnest(string_to_array(routine[2], ',')) WITH ORDINALITY AS types (type, place)) || ')';
    END IF;
    IF parts IS NULL THEN
        SELECT quote_ident(key) || '.' || ltrim(given) INTO name
        FROM jsonb_each(names -> 'members') WHERE value ? lower(substring(given FROM '^\s*([^\s".(\[]+)'));
        RETURN coalesce(name, given);
    END IF;
    name := coalesce(replace(parts[1], '""', '"'), lower(parts[2]));
    IF names -> 'members' ? name THEN
        object := regexp_match(parts[3], '^\s*(?:"((?:[^"]|"")+)"|([^\s".(\[]+))');
        IF names -> 'members' -> name ? coalesce(replace(object[1], '""', '"'), lower(object[2])) THEN
            RETURN given;
        END IF;
    END IF;
    RETURN quote_ident(pggit.physical_schema(name, names)) || '.' || parts[3];
END
$$;

CREATE OR REPLACE FUNCTION pggit.physical_name(given oid, names jsonb) RETURNS oid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT given';

CREATE OR REPLACE FUNCTION pggit.physical_names(given text[], names jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(pggit.physical_name(name, names) ORDER BY place), '{}')
    FROM unnest(given) WITH ORDINALITY AS elements (name, place)
$$;

-- What the server calls an object or a schema, by the names that a client knows; told the schemas as {logical: physical}.
CREATE OR REPLACE FUNCTION pggit.logical_name(given text, names jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    logical text := given;
    physical text;
    name text;
BEGIN
    IF strpos(given, '"') = 0 THEN
        RETURN given;
    END IF;
    FOR name, physical IN SELECT quote_ident(key), quote_ident(value) FROM jsonb_each_text(names) LOOP
        IF given = physical THEN
            RETURN name;
        END IF;
        logical := replace(logical, physical || '.', name || '.');
    END LOOP;
    RETURN logical;
END
$$;
