"""Changes such as a developer makes, to the widest tables that an application has."""

_WIDEST = """
SELECT c.oid, format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pggit') AND n.nspname !~ '^pg_toast|@'
  AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent))
ORDER BY c.relnatts DESC, 2 LIMIT 3
"""

# Columns that nothing depends on but the table itself, and an index that need not be theirs.
_FREE_COLUMNS = """
SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
FROM pg_attribute AS a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
                  AND d.refobjsubid = a.attnum AND d.classid <> 'pg_attrdef'::regclass)
ORDER BY a.attnum
"""


def changes_for(place):
    """Statements that suit the database as it is."""
    statements = []
    for number, (oid, table) in enumerate(place.rows(_WIDEST), start=1):
        columns = place.rows(_FREE_COLUMNS, [oid])
        schema = table.rpartition(".")[0]
        statements += [
            f"ALTER TABLE {table} ADD COLUMN trial_note varchar(40) NOT NULL DEFAULT 'none'",
            f"ALTER TABLE {table} ADD COLUMN trial_at timestamptz DEFAULT now(), ADD CONSTRAINT trial_{number} CHECK (trial_note <> '')",
            f"CREATE INDEX trial_{number}_idx ON {table} (lower(trial_note), trial_at DESC) WHERE trial_note <> 'none'",
            f"COMMENT ON COLUMN {table}.trial_note IS 'What''s to be said'",
            f"CREATE TABLE {schema}.trial_{number} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
            f"CREATE FUNCTION {schema}.trial_{number}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.trial_at := now(); RETURN NEW; END$$",
            f"CREATE TRIGGER trial BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {schema}.trial_{number}()",
        ]
        if columns:
            column, _ = columns.pop()
            statements.append(f"ALTER TABLE {table} DROP COLUMN {column}")
        if columns:
            column, _ = columns.pop()
            statements.append(f"ALTER TABLE {table} RENAME COLUMN {column} TO trial_renamed")
        if columns:
            column, _ = columns.pop()
            statements.append(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE text USING {column}::text")
        statements += [
            f"CREATE VIEW {schema}.trial_{number}_view WITH (security_barrier) AS SELECT t.*, count(*) OVER () AS trial_rows FROM {table} AS t",
            f"ALTER TABLE {schema}.trial_{number} ADD COLUMN whole {table}",
            f"ALTER TABLE {table} RENAME TO trial_table_{number}",
        ]
    return statements
