"""Runs statements with psycopg 3 and prints what each returned.

    tour.py simple|extended <connection string>

Standard input: a JSON array of statements. Standard output: a JSON array of strings.
"""

import json
import sys

import psycopg

protocol, url = sys.argv[1:]
printed = []
with psycopg.connect(url, autocommit=True) as connection:
    for statement in json.load(sys.stdin):
        # Without parameters psycopg sends a simple Query, unless it is to prepare the statement.
        cursor = connection.execute(statement, prepare=protocol == "extended")
        printed.append(str(cursor.fetchall()) if cursor.description else "")
json.dump(printed, sys.stdout)
