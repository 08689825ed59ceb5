"""What pgGit adds to a CREATE TABLE, with different numbers of tables present."""

import statistics
import tempfile
from pathlib import Path

from harness import CREATE_TABLES, note, pgbench, rotated
from page import table

CREATE_SCRIPT = """\\set n random(1, 9000000000000)
CREATE TABLE added_:n (id bigint PRIMARY KEY, name text NOT NULL, note text);
"""


def measure(options, bed):
    rows = []
    for count in options.tables:
        plain, tracked = f"plain_{count}", f"tracked_{count}"
        for database in (plain, tracked):
            note(f"creating {count} tables in {database}")
            bed.server.sql("postgres", f"CREATE DATABASE {database}")
            for first in range(1, count + 1, 1000):
                bed.server.sql(database, CREATE_TABLES.format(first=first, last=min(first + 999, count)))
        bed.proxy.sql(tracked, "PGGIT INIT")
        note("creating a branch of them")
        bed.proxy.sql(tracked, "PGGIT BRANCH feature")
        # Whoever looks at the catalogs waits for all of its objects.
        bed.proxy.sql(f"{tracked}@feature", "SELECT count(*) FROM pg_catalog.pg_class")
        cases = {
            "direct": bed.server.target(plain),
            "main": bed.proxy.target(tracked),
            "branch": bed.proxy.target(f"{tracked}@feature"),
        }
        times = {name: [] for name in cases}
        for number in range(max(options.rounds, 5)):
            for name in rotated(cases, number):
                times[name] += creates(cases[name], options.creates)
        direct, on_main, on_branch = (statistics.median(times[name]) for name in cases)
        note(f"{count} tables: direct {direct:.2f} ms, main {on_main:.2f} ms, branch {on_branch:.2f} ms")
        values = [direct, on_main, on_main - direct, on_branch, on_branch - direct]
        rows.append([f"{count:,}", *(f"{value:.2f}" for value in values)])
    return "\n\n".join(
        [
            "## Time that a commit adds",
            "Milliseconds of a `CREATE TABLE` with a primary key and two columns, in autocommit, with that many tables of ten\ncolumns present.",
            table(["tables", "direct", "main", "added on main", "branch", "added on a branch"], rows),
        ]
    )


def creates(target, count):
    """The milliseconds that each of `count` CREATE TABLEs took."""
    with tempfile.TemporaryDirectory(prefix="pggit-bench-log-") as directory:
        script = Path(directory) / "create.sql"
        script.write_text(CREATE_SCRIPT)
        # The first one warms the session's caches up.
        times = pgbench.durations(target, ["-f", str(script), "-t", str(count + 1)])[1:]
        return [time / 1000 for time in times]
