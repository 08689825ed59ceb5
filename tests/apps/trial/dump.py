"""What `pg_dump -s` prints, so that two databases, or a branch and `main`, can be compared.

Normalised is the same as in `tests/oracle/dump.rs`:
- on a branch, the physical names of its schemas become the logical ones;
- pg_dump's comments and its own settings go; the tablespace and access method in force are written with the entry;
- entries are sorted, and so are the lines of an entry of privileges, and the parameters of a relation;
- entries about the schema `public` go: pg_dump prints how it differs from what initdb made.

And further:
- what PostgreSQL itself prints otherwise once it has parsed it again: a cast of an array is one of its elements;
- a schema's name that is quoted without need, in a body, is not.
"""

import os
import re
import shutil
import subprocess

from servers import program_directory

_HEADING = re.compile(r"-- Name: .*; Type: (.*?); Schema: ")
_SETTING = re.compile(r"SET (default_tablespace|default_table_access_method) = (.*);")
_NOISE = re.compile(r"SET \w+ = |SELECT pg_catalog\.set_config\(|\\(un)?restrict |--")
_ELSEWHERE = re.compile(r"(CREATE|COMMENT ON) EXTENSION |(CREATE|COMMENT ON|ALTER) SCHEMA public\b|(GRANT|REVOKE) .* ON SCHEMA public\b")
_NEEDLESS_QUOTES = re.compile(r'"([a-z_][a-z0-9_]*)"\.')
_ARRAY_CAST = re.compile(r"\(ARRAY\[((?:[^\[\]()']|'(?:[^']|'')*')*)\]\)::([\w .]+)\[\]")
_ELEMENT = re.compile(r"((?:[^,']|'(?:[^']|'')*')+)(, )?")


def dump(place):
    """The sorted entries of the dump of a database, or of a branch. Taken past the proxy."""
    physical = dict(place.past_the_proxy.rows(_SCHEMAS, [place.branch])) if place.branch else {}
    beside = os.path.join(program_directory(), "pg_dump")
    command = [beside if os.path.exists(beside) else shutil.which("pg_dump"), "--schema-only"]
    command += [f'--schema="{name}"' for name in physical] or ["--exclude-schema=pggit", "--exclude-schema=pggit_dropped", "--exclude-schema=*@*"]
    printed = subprocess.run(
        command + ["-h", "127.0.0.1", "-p", str(place.past_the_proxy.port), "-U", "postgres", "-d", place.database],
        check=True, capture_output=True, text=True,
    ).stdout
    for name, logical in physical.items():
        printed = printed.replace(f'"{name}"', _quoted(logical)).replace(f"'{name}'", f"'{logical}'")
    return sorted(_entries(printed))


_SCHEMAS = """
SELECT s.physical, s.logical FROM pggit.branch AS b JOIN pggit.branch_schema AS s ON s.branch_id = b.id WHERE b.name = %s
"""


def _quoted(name):
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else f'"{name}"'


def _entries(printed):
    kind, entry, in_force = None, [], {}
    for line in [*printed.splitlines(), "-- Name: end; Type: END; Schema: -"]:
        if heading := _HEADING.match(line):
            # Extensions are the database's, not a branch's.
            if kind and not any(_ELSEWHERE.match(text) for text in entry):
                if kind == "ACL":
                    entry.sort()
                settings = [f"SET {name} = {value}" for name, value in in_force.items() if kind == "TABLE" and value != "''"]
                yield "\n".join(settings + entry)
            kind, entry = heading[1], []
        elif setting := _SETTING.match(line):
            in_force[setting[1]] = setting[2]
        elif line.strip() and not _NOISE.match(line):
            line = _NEEDLESS_QUOTES.sub(r"\1.", _sort_parameters(line))
            entry.append(_ARRAY_CAST.sub(_cast_elements, line))


def _sort_parameters(line):
    if not re.match(r"WITH \(|CREATE ", line):
        return line
    return re.sub(r"(?<=WITH \()[^)]*", lambda found: ", ".join(sorted(found[0].split(", "))), line, count=1)


def _cast_elements(found):
    elements = [f"({element})::{found[2]}" for element, _ in _ELEMENT.findall(found[1])]
    return f"ARRAY[{', '.join(elements)}]"
