"""The drivers, and how their scripts are run."""

import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent
_JDBC = "/usr/share/java/postgresql.jar"


class Driver:
    """A script that reads its connection from the environment and prints a line of JSON for each check."""

    def __init__(self, key, name, language, command):
        self.key, self.name, self.language, self.command = key, name, language, command


def _python(key, name):
    return Driver(key, name, "Python", [sys.executable, "-B", FOLDER / "python" / f"{key}_checks.py"])


def _node(key, name):
    return Driver(key, name, "Node.js", ["node", FOLDER / "node" / f"{key}.mjs"])


def _rust(key, name):
    return Driver(key, name, "Rust", [FOLDER / "rust/target/debug" / key])


DRIVERS = [
    _python("psql", "psql"),
    _python("psycopg", "psycopg"),
    _python("asyncpg", "asyncpg"),
    _python("sqlalchemy", "SQLAlchemy"),
    _python("django", "Django"),
    _node("pg", "node-postgres"),
    _node("postgres", "postgres.js"),
    _node("prisma", "Prisma"),
    _node("drizzle", "Drizzle"),
    _rust("tokio_postgres", "tokio-postgres"),
    _rust("sqlx", "sqlx"),
    Driver("pgjdbc", "pgjdbc", "Java", ["java", "-cp", _JDBC, FOLDER / "java/Conformance.java"]),
]


def run(driver, environment):
    """What the script prints, and its error if it does not end well. Where much else runs, a script takes a minute."""
    try:
        done = subprocess.run(
            driver.command, env=os.environ | environment, cwd=FOLDER,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(), f"still running after {late.timeout:.0f} s"
    return done.stdout, done.stderr[-2000:] if done.returncode else None
