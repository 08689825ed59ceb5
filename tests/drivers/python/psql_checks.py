"""What psql prints, with both its streams and its exit status. A script is fed to it for each check."""

import os
import signal
import subprocess
import tempfile
import time

from contract import DATABASE, OTHER_DATABASE, ROOT_CERTIFICATE, USER, absent, branch_check, check, run


def start(*arguments, database=DATABASE, **environment):
    return subprocess.Popen(
        ["psql", "-X", "-d", database, *arguments],
        env=os.environ | {"PGSSLMODE": "disable", "PAGER": "cat", "LC_ALL": "C.UTF-8"} | environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


def psql(script, *arguments, **others):
    program = start(*arguments, **others)
    printed, errors = program.communicate(script)
    return [*printed.splitlines(), *errors.splitlines(), program.returncode]


def rows(script, **others):
    """Without alignment, headers and what is printed beside them."""
    return [line.split("|") for line in psql(script, "-qAt", **others)[:-1]]


@check
def connect():
    return psql("\\encoding\n\\echo :USER :SERVER_VERSION_NAME :ENCODING\nSELECT current_user, version();")


@check
def tls():
    told = psql("\\conninfo\nSELECT current_user", PGSSLMODE="verify-full", PGSSLROOTCERT=ROOT_CERTIFICATE)
    return ["SSL connection" in "".join(map(str, told)), told[1:]]


@check
def refused():
    return [said(PGPASSWORD="wrong"), said(database="nowhere"), said(PGOPTIONS="-c nonsense.setting")]


def said(**others):
    *lines, status = psql("SELECT 1", **others)
    return ["".join(lines).partition("FATAL")[2], status]


@check
def types_text():
    return psql("SELECT * FROM everything ORDER BY id;\n\\gdesc\nSELECT * FROM everything WHERE id = 1 \\gx")


@check
def parameters():
    return psql("\\set it 'it''s'\nSELECT :'it', :it_is, :'it'::text;\n\\set v 3\nSELECT :v + 1 AS four \\gset\n\\echo :four\nSELECT format('SELECT %L', n) FROM generate_series(1, 3) AS n \\gexec")


@check
def prepared():
    return psql(
        "PREPARE one (int) AS SELECT id, $1 FROM growing;\nEXECUTE one (1);\nPREPARE star AS SELECT * FROM growing;\nEXECUTE star;\n"
        "ALTER TABLE growing ADD COLUMN more text DEFAULT 'x';\nEXECUTE one (2);\nEXECUTE star;\nDEALLOCATE star;\nEXECUTE star;\nSELECT name, from_sql FROM pg_prepared_statements;"
    )


absent("psql asks for text, and one statement at a time", "types_binary", "pipeline")


@check
def cursor():
    return psql(
        "\\set FETCH_COUNT 100\nSELECT n FROM number ORDER BY n DESC LIMIT 250;\n\\unset FETCH_COUNT\nBEGIN;\n"
        "DECLARE c SCROLL CURSOR FOR SELECT n FROM number ORDER BY n;\nFETCH 3 FROM c;\nMOVE 10 FROM c;\nFETCH BACKWARD 2 FROM c;\nFETCH LAST FROM c;\n"
        "CLOSE c;\nFETCH c;\nROLLBACK;"
    )


@check
def several():
    return [
        psql("SELECT 1\\; INSERT INTO sink VALUES (200, 'x')\\; SELECT name FROM place;\nINSERT INTO sink VALUES (201, 'gone')\\; SELECT 1/0\\; SELECT 2;\nSELECT count(*) FROM sink;"),
        psql("", "-c", "SELECT 1; SELECT 2", "-c", "SELECT 3"),
        psql("SELECT 1;\nSELECT nothing;\nSELECT 2;", "-v", "ON_ERROR_STOP=1"),
        psql("INSERT INTO sink VALUES (202, 'gone');\nSELECT nothing;", "-1"),
        psql("TABLE sink"),
    ]


@check
def copy_in():
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("".join(f"{n},\"a, {n}\"\n" for n in range(1100, 1400)))
        file.flush()
        return psql(
            f"COPY sink FROM STDIN;\n1000\ttab\\t\n1001\t\\N\n\\.\n\\copy public.sink (id, note) FROM '{file.name}' (FORMAT csv)\n"
            "SELECT count(*), sum(length(note)) FROM sink WHERE id >= 1000;"
        )


@check
def copy_out():
    return psql("COPY person TO STDOUT;\n\\copy (SELECT id, name FROM person ORDER BY id) TO STDOUT (FORMAT csv, HEADER)\nCOPY (SELECT n FROM number WHERE n < 4) TO STDOUT\\; SELECT 'after';")


@check
def copy_error():
    return psql("COPY sink FROM STDIN;\n1500\tgood\nbad\tbad\n\\.\nCOPY nowhere FROM STDIN;\n\\copy sink from 'no such file'\nSELECT count(*) FROM sink WHERE id >= 1500;")


@check
def notify():
    told = psql("LISTEN chatter;\nNOTIFY chatter, 'from myself';\nBEGIN;\nNOTIFY chatter, 'never';\nROLLBACK;\nSELECT pg_notify('chatter', 'second');")
    return [line.partition(" received from server process")[0] if isinstance(line, str) else line for line in told]


@check
def notice():
    return psql("SELECT tell('x');\n\\set VERBOSITY verbose\nSELECT tell('y');\nDROP TABLE IF EXISTS nowhere;")


@check
def cancel():
    program = start("-qAt", PGAPPNAME="sleeper")
    program.stdin.write("SELECT pg_sleep(60);\nSELECT 'goes on';\n")
    program.stdin.close()
    program.stdin = None
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sleeper' AND wait_event = 'PgSleep'"
    while rows(asleep) != [["1"]]:
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    return [*program.communicate(), program.returncode]


@check
def errors():
    script = "\\set VERBOSITY verbose\n" + "".join(f"{text};\n" for text in (
        "SELECT nothing FROM person", "SELECT 'é', nothing FROM person", "SELEC 1", "SELECT * FROM nowhere", "SELECT * FROM public.nowhere",
        "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')", "INSERT INTO public.person (name, age) VALUES ('x', -1)",
        "INSERT INTO person (name) VALUES (NULL)", "INSERT INTO person (name, boss) VALUES ('x', 99)", "SELECT 1/0", "SELECT refuse()",
        "INSERT INTO public.person (name, years) VALUES ('x', 0)", "SELECT public.nothing(1)", "CREATE TABLE person (id int)", "DROP TABLE nowhere",
        "SELECT *\n  FROM public.person AS p,\n    public.nowhere", "ALTER TABLE public.person ADD COLUMN name text", "DROP TABLE person",
    ))
    return psql(script) + psql("SELECT 1/0;\n\\errverbose\n\\echo :ERROR :SQLSTATE :ROW_COUNT :LAST_ERROR_MESSAGE")


@check
def large_object():
    with tempfile.NamedTemporaryFile("wb") as file:
        file.write(bytes(range(256)) * 2000)
        file.flush()
        told = psql(
            f"\\lo_import '{file.name}' 'a comment'\n\\lo_list\n\\lo_export :LASTOID '{file.name}.out'\nSELECT length(lo_get(:LASTOID));\n\\lo_unlink :LASTOID\n\\lo_unlink :LASTOID"
        )
        with open(f"{file.name}.out", "rb") as out:
            same = out.read() == bytes(range(256)) * 2000
        os.remove(out.name)
    number = told[0].split()[-1]
    return [same] + [line.replace(number, "OID") if isinstance(line, str) else line for line in told]


@check
def transaction():
    return psql(
        "BEGIN;\nINSERT INTO sink VALUES (2000, 'committed');\nCOMMIT;\nBEGIN;\nSELECT 1/0;\nSELECT 1;\nCOMMIT;\n\\set AUTOCOMMIT off\n"
        "INSERT INTO sink VALUES (2001, 'rolled back');\nROLLBACK;\nCREATE TABLE undone (id int);\nROLLBACK;\nSELECT * FROM undone;\nROLLBACK;\n\\set AUTOCOMMIT on\n"
        "SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099;\nBEGIN;\nVACUUM sink;\nROLLBACK;\nCOMMIT;\nBEGIN;\nBEGIN;\nCOMMIT AND CHAIN;\nROLLBACK;"
    )


@check
def savepoint():
    return psql(
        "BEGIN;\nINSERT INTO sink VALUES (2100, 'outer');\nSAVEPOINT one;\nSELECT nothing;\nROLLBACK TO one;\nINSERT INTO sink VALUES (2101, 'inner');\nRELEASE one;\nRELEASE one;\nROLLBACK;\n"
        "\\set ON_ERROR_ROLLBACK on\nBEGIN;\nINSERT INTO sink VALUES (2102, 'kept');\nSELECT nothing;\nINSERT INTO sink VALUES (2103, 'kept');\nCOMMIT;\n"
        "SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199;"
    )


@check
def isolation():
    return psql("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;\nSHOW transaction_isolation;\nINSERT INTO number VALUES (5001);\nROLLBACK;\nSET default_transaction_read_only = on;\nINSERT INTO number VALUES (5002);")


@check
def introspection():
    return [
        psql(f"{command}\n") for command in
        ("\\d", "\\d person", "\\d+ person", "\\dt", "\\dt+ person", "\\dt public.*", "\\di", "\\dv", "\\ds", "\\d+ adult", "\\df", "\\df+ tell", "\\sf tell",
         "\\sv adult", "\\dT+", "\\dD", "\\dn", "\\dp person", "\\ddp", "\\dd", "\\d public.person", "\\d nowhere", "\\det", "\\dx",
         "SELECT current_schema(), current_schemas(true), 'person'::regclass, to_regclass('public.person')::text", "SHOW search_path")
    ]


def where(**others):
    return rows("SHOW pggit.branch;\nSELECT name FROM place", **others)


@branch_check
def branch_in_database():
    return [row[0] for row in where(database=OTHER_DATABASE)]


@branch_check
def branch_in_options():
    return [row[0] for row in where(PGOPTIONS="-c pggit.branch=other")]


@branch_check
def branch_switch():
    here = "SELECT name FROM place;\n"
    script = f"{here}SET pggit.branch = 'other';\n{here}RESET pggit.branch;\n{here}BEGIN;\nSET LOCAL pggit.branch = 'other';\n{here}COMMIT;\n{here}"
    return [row[0] for row in rows(script)]


@branch_check
def prepared_across_switch():
    script = "PREPARE here AS SELECT name FROM place;\nEXECUTE here;\nSET pggit.branch = 'other';\nEXECUTE here;\nPGGIT CHECKOUT main;\nEXECUTE here;"
    return [row[0] for row in rows(script)]


def listed(found):
    return sorted([row[0], row[1] == "t"] for row in found if len(row) > 1)


@branch_check
def pggit_simple():
    return listed(rows("PGGIT BRANCH"))


absent("psql 15 has the simple protocol alone", "pggit_extended", "pggit_prepared")


@branch_check
def pggit_error():
    told = psql("\\set VERBOSITY sqlstate\nPGGIT CHECKOUT nowhere;\nPGGIT CHECKOUT;\nBEGIN;\nPGGIT BRANCH inside;")
    return [line.rpartition(" ")[2] for line in told[:-1] if line.startswith("ERROR")]


@branch_check
def ddl_commit():
    return [row[4] for row in rows("CREATE TABLE made (id int);\nPGGIT LOG LIMIT 1")]


@branch_check
def ddl_transaction():
    script = "\\echo -\nPGGIT LOG LIMIT 1000;\n"
    text = psql(
        f"{script}BEGIN;\nCREATE TABLE in_one (id int);\nALTER TABLE in_one ADD COLUMN more text;\nCOMMIT;\n{script}BEGIN;\nDROP TABLE in_one;\nROLLBACK;\n{script}", "-qAt"
    )
    counts = [part.count("\n") for part in "".join(f"{line}\n" for line in text[:-1]).split("-\n")[1:]]
    return [counts[1] - counts[0], counts[2] - counts[1]]


def version():
    return subprocess.run(["psql", "--version"], check=True, capture_output=True, text=True).stdout.split()[2]


run(version())
