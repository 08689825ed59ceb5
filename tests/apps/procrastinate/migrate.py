"""Runs the SQL files that procrastinate ships, as its documentation says: up to 1.0, or those after it."""

import pathlib
import sys

import psycopg
from procrastinate.schema import SchemaManager

BORDER = "01."

scripts = sorted(pathlib.Path(SchemaManager.get_migrations_path()).glob("*.sql"))
with psycopg.connect(autocommit=True) as connection:
    for script in scripts:
        if (script.name < BORDER) == (sys.argv[1] == "old"):
            connection.execute(script.read_text())
