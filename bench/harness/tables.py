"""Many tables to have present."""

# A thousand per transaction at most: each table holds locks until the end.
CREATE_TABLES = """
DO $$
BEGIN
    FOR n IN {first}..{last} LOOP
        EXECUTE format(
            'CREATE TABLE present_%s (id int PRIMARY KEY, a int, b int, c text, d text, e text, f date, g date, h bool, i numeric)', n);
    END LOOP;
END $$
"""
