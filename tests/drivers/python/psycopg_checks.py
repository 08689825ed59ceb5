"""What psycopg 3 sees."""

import asyncio
import threading

import psycopg
from contract import (
    DATABASE, HOST, OTHER_DATABASE, PASSWORD, PORT, ROOT_CERTIFICATE, USER, branch_check, check, run,
)
from psycopg import errors, sql
from psycopg.types.json import Jsonb


def connect(autocommit=True, **others):
    words = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DATABASE, sslmode="disable")
    return psycopg.connect(autocommit=autocommit, **words | others)


def error_of(action, *arguments, **named):
    """Every field of the error that this ends with."""
    try:
        action(*arguments, **named)
    except psycopg.Error as error:
        found = error.diag
        names = ("severity", "message_primary", "message_detail", "message_hint", "statement_position", "context", "schema_name",
                 "table_name", "column_name", "datatype_name", "constraint_name")
        return [error.sqlstate, {name: getattr(found, name) for name in names if getattr(found, name)}]
    return "no error"


@check
def connect_(connection):
    info = connection.info
    names = ("server_version", "client_encoding", "server_encoding", "TimeZone", "DateStyle", "is_superuser", "session_authorization",
             "integer_datetimes", "standard_conforming_strings", "in_hot_standby", "search_path")
    return [
        connection.execute("SELECT current_user, current_schema()").fetchone(),
        {name: info.parameter_status(name) for name in names}, info.pgconn.used_password, info.pgconn.ssl_in_use, info.server_version,
    ]


connect_.__name__ = "connect"


@check
def tls():
    seen = []
    for mode in ("require", "verify-full"):
        with connect(sslmode=mode, sslrootcert=ROOT_CERTIFICATE) as connection:
            seen.append([connection.info.pgconn.ssl_in_use, connection.execute("SELECT current_user").fetchone()])
    with connect(sslmode="prefer", gssencmode="prefer") as connection:
        seen.append(connection.info.pgconn.ssl_in_use)
    try:
        connect(sslmode="require", channel_binding="require").close()
        seen.append("bound")
    except psycopg.OperationalError as error:
        seen.append(str(error))
    return seen


@check
def refused():
    def said(**words):
        try:
            connect(**words)
        except psycopg.OperationalError as error:
            return str(error).partition("FATAL")[2]
    return [said(password="wrong"), said(dbname="nowhere"), said(user="nobody"), said(options="-c nonsense.setting"), said(options="-c work_mem=x")]


def all_types(connection, binary):
    cursor = connection.cursor(binary=binary)
    cursor.execute("SELECT * FROM everything ORDER BY id")
    return [[(column.name, "an OID" if column.type_display.isdecimal() else column.type_display, column.internal_size) for column in cursor.description], cursor.fetchall()]


@check
def types_text(connection):
    return all_types(connection, binary=False)


@check
def types_binary(connection):
    return all_types(connection, binary=True)


@check
def parameters(connection):
    values = [1, -2**40, 1.5, "Grüße ' \\ \"", b"\x00\xff", True, None, [1, None, 2], ["a", 'b"c'], Jsonb({"a": [1]}), 2**70]
    seen = []
    for format in ("%s", "%t", "%b"):
        for value in values:
            seen.append(connection.execute(f"SELECT {format}", [value]).fetchone())
    seen.append(connection.execute("INSERT INTO sink VALUES (%s, %s) RETURNING *", [1, "é" * 10000]).fetchone())
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO sink VALUES (%s, %s) RETURNING id", [(n, f"row {n}") for n in range(2, 50)], returning=True)
    seen.append([cursor.fetchone()] + [cursor.fetchone() for _ in range(47) if cursor.nextset()])
    seen.append(psycopg.ClientCursor(connection).execute("SELECT %s, %s", ["client's", [1, 2]]).fetchone())
    return seen


@check
def prepared(connection):
    seen = []
    for n in range(7):
        seen.append(connection.execute("SELECT id, %s::int FROM growing WHERE id = %s", [n, 1], prepare=n > 2).fetchall())
    star = "SELECT * FROM growing"
    connection.execute(star, prepare=True)
    connection.execute("ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'")
    for _ in range(2):
        try:
            seen.append(connection.execute(star, prepare=True).fetchall())
        except errors.FeatureNotSupported as error:
            seen.append(str(error))
    seen.append(connection.execute("SELECT id, %s::int FROM growing WHERE id = %s", [9, 1]).fetchall())
    seen.append(connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone())
    connection.execute("DEALLOCATE ALL")
    seen.append(connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone())
    return seen


@check
def pipeline(connection):
    seen = []
    with connection.pipeline() as pipe:
        cursors = [connection.execute("SELECT %s::int", [n]) for n in range(100)]
        pipe.sync()
        seen.append([cursor.fetchone() for cursor in cursors])
    try:
        with connection.pipeline() as pipe:
            first = connection.execute("INSERT INTO sink VALUES (100, 'in a pipeline') RETURNING id")
            pipe.sync()
            connection.execute("SELECT nothing FROM person")
            connection.execute("INSERT INTO sink VALUES (101, 'aborted')")
            pipe.sync()
    except psycopg.Error as error:
        seen.append([error.sqlstate, str(error)])
    seen.append(first.fetchall())
    with connection.pipeline(), connection.transaction():
        connection.execute("INSERT INTO sink VALUES (102, 'in a transaction')")
        connection.execute("CREATE TABLE piped (id int)")
        connection.execute("INSERT INTO piped VALUES (1)")
        rows = connection.execute("SELECT * FROM piped")
        seen.append(rows.fetchall())
    seen.append(connection.execute("SELECT id FROM sink WHERE id >= 100 ORDER BY id").fetchall())
    return seen


@check
def cursor(connection):
    seen = []
    with connection.transaction(), connection.cursor("named", scrollable=True) as cursor:
        cursor.itersize = 300
        cursor.execute("SELECT n FROM number ORDER BY n")
        seen += [cursor.fetchmany(3), cursor.fetchone()]
        cursor.scroll(-2)
        seen += [cursor.fetchone(), sum(row[0] for row in cursor)]
    with connection.cursor("held", withhold=True) as cursor:
        cursor.execute("SELECT n FROM number WHERE n > %s ORDER BY n", [990])
        seen.append(cursor.fetchall())
    streamed = connection.cursor().stream("SELECT n FROM number ORDER BY n")
    seen.append(sum(row[0] for row in streamed))
    seen.append(sum(row[0] for row in connection.cursor().stream("SELECT n FROM number ORDER BY n", size=64)))
    return seen


@check
def several(connection):
    cursor = connection.execute("SELECT 1 AS a; SELECT 2 AS b, 3; INSERT INTO sink VALUES (200, 'x'); SELECT name FROM place")
    seen = [cursor.fetchall()]
    while cursor.nextset():
        seen.append([cursor.statusmessage, cursor.fetchall() if cursor.description else None])
    seen.append(error_of(connection.execute, "INSERT INTO sink VALUES (201, 'gone'); SELECT 1/0; SELECT 1"))
    seen.append(connection.execute("SELECT count(*) FROM sink WHERE id > 200").fetchone())
    seen.append(connection.execute("").statusmessage)
    seen.append(connection.execute("BEGIN; INSERT INTO sink VALUES (202, 'kept'); COMMIT; SELECT count(*) FROM sink WHERE id > 200").statusmessage)
    return seen


@check
def copy_in(connection):
    cursor = connection.cursor()
    with cursor.copy("COPY sink FROM STDIN") as copy:
        for n in range(1000, 1100):
            copy.write_row((n, f"tab\t and \\ {n}" if n % 2 else None))
    seen = [cursor.statusmessage]
    with cursor.copy("COPY public.sink (id, note) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "text"])
        for n in range(1100, 1200):
            copy.write_row((n, "binary"))
    with cursor.copy("COPY sink FROM STDIN (FORMAT csv)") as copy:
        copy.write("1200,\"a, b\"\n" + "".join(f"{n},{'x' * 1000}\n" for n in range(1201, 1400)))
    seen += [cursor.statusmessage, connection.execute("SELECT count(*), sum(id), sum(length(note)) FROM sink WHERE id >= 1000").fetchone()]
    return seen


@check
def copy_out(connection):
    cursor = connection.cursor()
    with cursor.copy("COPY person TO STDOUT") as copy:
        seen = [list(copy.rows())]
    with cursor.copy("COPY (SELECT n, n::text FROM number WHERE n < %s ORDER BY 1) TO STDOUT (FORMAT binary)", [5]) as copy:
        copy.set_types(["int4", "text"])
        seen.append(list(copy.rows()))
    with cursor.copy("COPY number TO STDOUT (FORMAT csv, HEADER)") as copy:
        seen.append(sum(len(bytes(block)) for block in copy))
    with cursor.copy("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 10000)) TO STDOUT") as copy:
        seen.append(sum(len(bytes(block)) for block in copy))
    seen.append(connection.info.transaction_status.name)
    return seen


@check
def copy_error(connection):
    def bad_row():
        with connection.cursor().copy("COPY sink FROM STDIN") as copy:
            copy.write("1500\tgood\nbad\tbad\n")

    def given_up():
        with connection.cursor().copy("COPY sink FROM STDIN") as copy:
            copy.write_row((1501, "never"))
            raise KeyError("given up")

    seen = [error_of(bad_row)]
    try:
        given_up()
    except KeyError as error:
        seen.append(str(error))
    seen.append(error_of(connection.cursor().copy("COPY nowhere FROM STDIN").__enter__))
    seen.append(connection.execute("SELECT count(*) FROM sink WHERE id >= 1500").fetchone())
    return seen


@check
def notify(connection):
    connection.execute("LISTEN chatter")
    with connect() as other:
        other.execute("NOTIFY chatter, 'from another'")
        other.execute("SELECT pg_notify('chatter', %s)", ["é" * 3000])
        with other.transaction(force_rollback=True):
            other.execute("NOTIFY chatter, 'never'")
    seen = [(note.channel, note.payload) for note in connection.notifies(timeout=10, stop_after=2)]
    connection.execute("NOTIFY chatter, 'from myself'")
    seen += [note.payload for note in connection.notifies(timeout=10, stop_after=1)]
    connection.execute("UNLISTEN *")
    return seen


@check
def notice(connection):
    seen = []
    connection.add_notice_handler(lambda found: seen.append([found.severity, found.sqlstate, found.message_primary, found.message_detail, found.message_hint]))
    connection.execute("SELECT tell('simple')")
    connection.execute("SELECT tell(%s)", ["extended"])
    connection.execute("DROP TABLE IF EXISTS nowhere")
    connection.execute("CREATE TABLE IF NOT EXISTS sink (id int)")
    return seen


@check
def cancel(connection):
    seen = []
    for request in (connection.cancel, connection.cancel_safe):
        # Asked until it succeeds: a request that comes before the statement finds nothing to cancel.
        over = threading.Event()

        def ask():
            while not over.wait(0.1):
                request()
        asking = threading.Thread(target=ask)
        asking.start()
        seen.append(error_of(connection.execute, "SELECT pg_sleep(60)"))
        over.set()
        asking.join()
        seen.append(connection.execute("SELECT 1").fetchone())

    async def asynchronous():
        other = await psycopg.AsyncConnection.connect(connection.info.dsn, password=PASSWORD, autocommit=True)
        async with other:
            try:
                await asyncio.wait_for(other.execute("SELECT pg_sleep(60)"), 0.5)
            except asyncio.TimeoutError:
                return (await (await other.execute("SELECT 'goes on'")).fetchone())
    seen.append(asyncio.run(asynchronous()))
    return seen


BAD = (
    "SELECT nothing FROM person", "SELECT 'é', nothing FROM person", "SELEC 1", "SELECT * FROM nowhere", "SELECT * FROM public.nowhere",
    "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')", "INSERT INTO person (name, age) VALUES ('x', -1)",
    "INSERT INTO person (name) VALUES (NULL)", "INSERT INTO person (name, boss) VALUES ('x', 99)", "DELETE FROM nowhere",
    "INSERT INTO public.person (name, years) VALUES ('x', 0)", "SELECT 1/0", "SELECT refuse()", "SELECT public.nothing(1)",
    "INSERT INTO person (name, room) VALUES ('x', '[1,5)'), ('y', '[3,7)')", "INSERT INTO person (name, email) VALUES ('x', repeat('y', 50))",
    "SELECT 'x'::integer", "SELECT 'x'::mood", "UPDATE adult SET nothing = 1", "CREATE TABLE person (id int)", "DROP TABLE nowhere",
    "ALTER TABLE person ADD COLUMN name text", "DROP TYPE mood", "SET work_mem = 'x'", "SELECT set_config('nothing', 'x', false)",
)


@check
def errors_(connection):
    return [error_of(connection.execute, text) for text in BAD] + [
        error_of(connection.execute, text, prepare=True) for text in BAD
    ] + [error_of(connection.execute, "SELECT %s::int / 0", [1]), error_of(connection.execute, sql.SQL("SELECT * FROM person WHERE id = {}").format(sql.Literal("x")))]


errors_.__name__ = "errors"


@check
def large_object(connection):
    data = bytes(range(256)) * 2000
    with connection.transaction():
        oid, = connection.execute("SELECT lo_from_bytea(0, %s)", [data]).fetchone()
        handle, = connection.execute("SELECT lo_open(%s, 393216)", [oid]).fetchone()
        connection.execute("SELECT lo_lseek64(%s, 300000, 0)", [handle])
        read, = connection.execute("SELECT loread(%s, 16)", [handle]).fetchone()
        written, = connection.execute("SELECT lowrite(%s, %b)", [handle, b"\x00written"]).fetchone()
        told, = connection.execute("SELECT lo_tell64(%s)", [handle]).fetchone()
    seen = [read, written, told, connection.execute("SELECT length(lo_get(%s)), lo_get(%s, 300016, 8)", [oid, oid]).fetchone()]
    connection.execute("SELECT lo_unlink(%s)", [oid])
    seen.append(error_of(connection.execute, "SELECT lo_get(%s)", [oid])[0])
    return seen


@check
def transaction():
    seen = []
    with connect(autocommit=False) as connection:
        status = lambda: seen.append(connection.info.transaction_status.name)
        status()
        connection.execute("INSERT INTO sink VALUES (2000, 'committed')")
        status()
        connection.commit()
        connection.execute("INSERT INTO sink VALUES (2001, 'rolled back')")
        connection.rollback()
        seen.append(error_of(connection.execute, "SELECT 1/0"))
        status()
        seen.append(error_of(connection.execute, "SELECT 1"))
        cursor = connection.execute("COMMIT")
        seen.append(cursor.statusmessage)
        status()
        seen.append(connection.execute("SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099").fetchall())
        connection.commit()
        connection.execute("CREATE TABLE undone (id int)")
        connection.execute("INSERT INTO undone VALUES (1)")
        connection.rollback()
        seen.append(error_of(connection.execute, "SELECT * FROM undone"))
    with connect() as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO sink VALUES (2002, 'two-phase')")
        seen.append(error_of(connection.execute, "COMMIT AND CHAIN"))
        seen.append(connection.info.transaction_status.name)
        connection.execute("ROLLBACK")
        seen.append(error_of(connection.execute, "VACUUM sink"))
        connection.execute("BEGIN")
        seen.append(error_of(connection.execute, "VACUUM sink"))
    return seen


@check
def savepoint(connection):
    seen = []
    with connection.transaction():
        connection.execute("INSERT INTO sink VALUES (2100, 'outer')")
        with connection.transaction(force_rollback=True):
            connection.execute("INSERT INTO sink VALUES (2101, 'inner')")
        try:
            with connection.transaction("named"):
                connection.execute("SELECT 1/0")
        except psycopg.Error as error:
            seen.append(error.sqlstate)
        seen.append(connection.info.transaction_status.name)
        seen.append(error_of(connection.execute, "ROLLBACK TO nothing"))
        raise psycopg.Rollback()
    return seen + connection.execute("SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199").fetchall()


@check
def isolation(connection):
    seen = []
    with connect(autocommit=False) as one, connect(autocommit=False) as two:
        for each in (one, two):
            each.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
            each.execute("SELECT sum(n) FROM number").fetchone()
        one.execute("INSERT INTO number VALUES (5001)")
        two.execute("INSERT INTO number VALUES (5002)")
        one.commit()
        seen.append(error_of(two.commit))
    with connect(autocommit=False) as reader:
        reader.read_only = True
        seen.append(error_of(reader.execute, "INSERT INTO number VALUES (5003)"))
        reader.rollback()
        reader.isolation_level, reader.deferrable = psycopg.IsolationLevel.REPEATABLE_READ, True
        seen.append(reader.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')").fetchone())
    connection.execute("DELETE FROM number WHERE n > 1000")
    return seen


@check
def introspection(connection):
    seen = [psycopg.types.TypeInfo.fetch(connection, "mood").name]
    mood = psycopg.types.enum.EnumInfo.fetch(connection, "mood")
    pair = psycopg.types.composite.CompositeInfo.fetch(connection, "public.pair")
    psycopg.types.enum.register_enum(mood, connection)
    seen.append(connection.execute("SELECT ARRAY['sad', %s]::mood[]", [mood.enum.happy]).fetchone())
    seen += [mood.labels, pair.name, pair.field_names]
    psycopg.types.composite.register_composite(pair, connection)
    seen.append(connection.execute("SELECT a_pair FROM everything WHERE id = 1").fetchone()[0].b)
    return seen


@branch_check
def branch_in_database():
    with connect(dbname=OTHER_DATABASE) as connection:
        return [connection.execute("SHOW pggit.branch").fetchone()[0], connection.execute("SELECT name FROM place").fetchone()[0]]


@branch_check
def branch_in_options():
    with connect(options="-c pggit.branch=other") as connection:
        return [connection.execute("SHOW pggit.branch").fetchone()[0], connection.execute("SELECT name FROM public.place").fetchone()[0]]


@branch_check
def branch_switch(connection):
    def where():
        return connection.execute("SELECT name FROM place").fetchone()[0]
    seen = [where()]
    connection.execute("SET pggit.branch = 'other'")
    seen.append(where())
    connection.execute("RESET pggit.branch")
    seen.append(where())
    with connection.transaction():
        connection.execute("SET LOCAL pggit.branch = 'other'")
        seen.append(where())
    return seen + [where()]


@branch_check
def prepared_across_switch(connection):
    seen = []
    for branch in ("main", "other", "main"):
        connection.execute(f"PGGIT CHECKOUT {branch}")
        seen.append(connection.execute("SELECT name FROM place", prepare=True).fetchone()[0])
    return seen


def listed(rows):
    return sorted(row[:2] for row in rows)


@branch_check
def pggit_simple(connection):
    return listed(psycopg.ClientCursor(connection).execute("PGGIT BRANCH").fetchall())


@branch_check
def pggit_extended(connection):
    seen = [listed(connection.cursor(binary=binary).execute("PGGIT BRANCH").fetchall()) for binary in (False, True)]
    assert seen[0] == seen[1], seen
    return seen[0]


@branch_check
def pggit_prepared(connection):
    return [listed(connection.execute("PGGIT BRANCH", prepare=True).fetchall()) for _ in range(2)]


@branch_check
def pggit_error(connection):
    seen = [error_of(connection.execute, text, prepare=True) for text in ("PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT")]
    assert seen[1][1]["statement_position"], seen
    with connection.transaction(force_rollback=True):
        seen.append(error_of(connection.execute, "PGGIT BRANCH inside"))
        return [error[0] for error in seen]


@branch_check
def ddl_commit(connection):
    connection.execute("CREATE TABLE made (id int)", prepare=True)
    return [row[4] for row in connection.execute("PGGIT LOG LIMIT 1").fetchall()]


@branch_check
def ddl_transaction(connection):
    def commits():
        return len(connection.execute("PGGIT LOG LIMIT 1000").fetchall())
    seen = []
    for undone in (False, True):
        before = commits()
        with connection.transaction(force_rollback=undone):
            connection.execute("CREATE TABLE in_one (id int)" if not undone else "CREATE TABLE in_none (id int)")
            connection.execute("ALTER TABLE in_one ADD COLUMN more text" if not undone else "DROP TABLE in_one")
        seen.append(commits() - before)
    return seen


run(psycopg.__version__, connect)
