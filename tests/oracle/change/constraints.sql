SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
ALTER TABLE con.child
    DROP CONSTRAINT child_plain_fkey, ADD CONSTRAINT child_plain_fkey FOREIGN KEY (plain) REFERENCES con.parent ON DELETE CASCADE,
    ALTER CONSTRAINT child_code_fkey NOT DEFERRABLE, ALTER CONSTRAINT later_fk DEFERRABLE INITIALLY IMMEDIATE,
    DROP CONSTRAINT crossed, DROP COLUMN restricted;
ALTER TABLE con.child RENAME CONSTRAINT full_match TO "Full Match";
\if :pg15
ALTER TABLE con.child DROP CONSTRAINT partly_defaulted;
ALTER TABLE con.distinct_nulls DROP CONSTRAINT together, ADD CONSTRAINT together UNIQUE (a, b);
ALTER TABLE con.distinct_nulls DROP CONSTRAINT distinct_nulls_b_key, ADD CONSTRAINT distinct_nulls_b_key UNIQUE NULLS NOT DISTINCT (b);
\endif
ALTER TABLE con.self DROP CONSTRAINT self_boss_fkey;
ALTER TABLE con.self ADD COLUMN second integer REFERENCES con.self DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE con.circle_b DROP CONSTRAINT circle_b_a_fkey;
ALTER TABLE con.checked DROP CONSTRAINT checked_a_check, ADD CONSTRAINT checked_a_check CHECK (a > 1),
    DROP CONSTRAINT always, ADD CONSTRAINT added CHECK (c IS NOT NULL) NO INHERIT, VALIDATE CONSTRAINT unproven;
ALTER TABLE con.checked RENAME CONSTRAINT "both" TO either;
ALTER TABLE con.checked RENAME COLUMN a TO "A a";
ALTER TABLE con.unproven_reference VALIDATE CONSTRAINT unproven;
ALTER TABLE con.excluded DROP CONSTRAINT excluded_what_during_excl;
ALTER TABLE con.excluded ADD CONSTRAINT added_exclusion EXCLUDE USING gist (what WITH &&);
ALTER TABLE con.keys DROP CONSTRAINT keys_primary;
ALTER TABLE con.keys ADD CONSTRAINT keys_primary PRIMARY KEY (a);
ALTER TABLE con.keys DROP CONSTRAINT keys_deferrable, ADD CONSTRAINT keys_deferrable UNIQUE (d);
ALTER TABLE con.points_to_unique DROP CONSTRAINT points_to_unique_a_fkey;
ALTER TABLE con.to_primary DROP CONSTRAINT to_primary_key;
ALTER TABLE con.to_primary ADD CONSTRAINT to_primary_pkey PRIMARY KEY (a);
ALTER TABLE con.points_to_unique ADD FOREIGN KEY (a) REFERENCES con.to_primary;
-- A foreign key on a key that is as new.
ALTER TABLE con.new_target ADD CONSTRAINT email_key UNIQUE (email);
ALTER TABLE con.new_source ADD CONSTRAINT email_fk FOREIGN KEY (email) REFERENCES con.new_target (email) ON UPDATE CASCADE;
ALTER TABLE con.adopted RENAME CONSTRAINT adopted_key TO adopted_pkey;
COMMENT ON CONSTRAINT no_overlap ON con.excluded IS NULL;
COMMENT ON CONSTRAINT either ON con.checked IS 'new';
CREATE TABLE con.added (id integer PRIMARY KEY, other integer UNIQUE REFERENCES con.parent, CHECK (id <> other));
