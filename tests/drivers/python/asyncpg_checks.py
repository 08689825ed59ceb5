"""What asyncpg sees. It speaks the extended protocol with binary values, and keeps a cache of statements."""

import asyncio
import io
import ssl

import asyncpg
from contract import (
    DATABASE, HOST, OTHER_DATABASE, PASSWORD, PORT, ROOT_CERTIFICATE, USER, absent, branch_check, check, run,
)


async def connect(**others):
    words = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, database=DATABASE, ssl=False)
    return await asyncpg.connect(**words | others)


async def error_of(waited):
    """Every field of the error that this ends with."""
    try:
        await waited
    except asyncpg.PostgresError as error:
        return [error.sqlstate, {name: value for name, value in error.as_dict().items() if name not in ("server_source_line",)}]
    return "no error"


def rows(found):
    return [tuple(row) for row in found]


async def _connect(connection):
    settings = connection.get_settings()
    names = ("client_encoding", "TimeZone", "is_superuser", "session_authorization", "standard_conforming_strings", "server_version")
    return [
        await connection.fetchval("SELECT current_user"), connection.get_server_version(),
        {name: getattr(settings, name) for name in names},
    ]


_connect.__name__ = "connect"
check(_connect)


@check
async def tls():
    seen = []
    for context in (ssl.create_default_context(cafile=ROOT_CERTIFICATE), "prefer", "require"):
        connection = await connect(ssl=context)
        seen.append([await connection.fetchval("SELECT current_user"), type(connection._transport).__name__])
        await connection.close()
    return seen


@check
async def refused():
    seen = []
    for words in ({"password": "wrong"}, {"database": "nowhere"}, {"server_settings": {"nonsense": "1"}}):
        seen.append(await error_of(connect(**words)))
    return seen


absent("results are always binary", "types_text")


@check
async def types_binary(connection):
    columns = "id, a_smallint, an_integer, a_bigint, a_numeric, a_real, a_double, a_boolean, a_text, a_varchar, a_char, a_name, a_bytea, " \
        "a_date, a_time, a_timetz, a_timestamp, a_timestamptz, an_interval, a_uuid, a_json, a_jsonb, an_inet, a_cidr, a_macaddr, " \
        "a_point, a_box, some_bits, more_bits, an_oid, some_money, a_mood, a_positive, a_pair, a_range, many_ranges, integers, texts, a_vector"
    statement = await connection.prepare(f"SELECT {columns} FROM everything ORDER BY id")
    described = [(column.name, column.type.name, column.type.kind, column.type.schema) for column in statement.get_attributes()]
    return [described, rows(await statement.fetch())]


@check
async def parameters(connection):
    seen = []
    for type, value in (
        ("int", 1), ("bigint", -2**40), ("float8", 1.5), ("text", "Grüße ' \\"), ("bytea", b"\x00\xff"), ("bool", True), ("text", None),
        ("int[]", [1, None, 2]), ("text[]", [["a", 'b"c']]), ("jsonb", '{"a": [1]}'), ("numeric", 2**70), ("mood", "sad"), ("mood[]", ["sad", "ok"]),
        ("pair", (1, "x")), ("positive", 3), ("int4range", asyncpg.Range(1, 5)),
    ):
        seen.append(await connection.fetchval(f"SELECT $1::{type}", value))
    await connection.executemany("INSERT INTO sink VALUES ($1, $2)", [(n, f"row {n}") for n in range(50)])
    seen.append(await connection.fetchrow("SELECT count(*), max(note) FROM sink"))
    seen.append(await connection.fetchmany("SELECT $1::int + 1", [(1,), (2,)]))
    seen.append(await error_of(connection.fetch("SELECT id FROM person WHERE id = ANY($1::bigint[]) AND name = nothing", [1])))
    return seen


@check
async def prepared(connection):
    statement = await connection.prepare("SELECT * FROM growing WHERE id = $1")
    seen = [rows(await statement.fetch(1)) for _ in range(3)]
    seen.append(rows(await connection.fetch("SELECT * FROM growing")))
    await connection.execute("ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'")
    # The statement cache finds its plan out of date, forgets it and tries again; a statement of ours cannot.
    seen.append(rows(await connection.fetch("SELECT * FROM growing")))
    seen.append(await error_of(statement.fetch(1)))
    seen.append(rows(await connection.fetch("SELECT * FROM growing")))
    other = await connect()
    await other.execute("ALTER TABLE growing ALTER COLUMN more TYPE varchar(9)")
    await other.close()
    async with connection.transaction():
        seen.append(await error_of(connection.fetch("SELECT * FROM growing")))
        await error_of(connection.fetch("SELECT 1"))
    return seen


absent("one statement at a time", "pipeline")


@check
async def cursor(connection):
    seen = []
    async with connection.transaction():
        total = 0
        async for row in connection.cursor("SELECT n FROM number ORDER BY n", prefetch=64):
            total += row["n"]
        seen.append(total)
        cursor = await connection.cursor("SELECT n FROM number WHERE n > $1 ORDER BY n", 100)
        seen += [rows(await cursor.fetch(3)), await cursor.forward(10), await cursor.fetchrow(), len(await cursor.fetch(5000))]
        one = await connection.cursor("SELECT n FROM number ORDER BY n")
        two = await connection.cursor("SELECT n FROM number ORDER BY n DESC")
        seen.append([tuple((await each.fetchrow())) for each in (one, two, one, two)])
    return seen


@check
async def several(connection):
    seen = [await connection.execute("SELECT 1; INSERT INTO sink VALUES (200, 'x'); SELECT name FROM place")]
    seen.append(await error_of(connection.execute("INSERT INTO sink VALUES (201, 'gone'); SELECT 1/0")))
    seen.append(await connection.fetchval("SELECT count(*) FROM sink WHERE id > 200"))
    seen.append(await error_of(connection.fetch("SELECT 1; SELECT 2")))
    return seen


@check
async def copy_in(connection):
    seen = [await connection.copy_records_to_table("sink", records=[(n, "binary\t") for n in range(1000, 1300)], columns=["id", "note"])]
    seen.append(await connection.copy_to_table("sink", schema_name="public", source=io.BytesIO(b"".join(b"%d,%s\n" % (n, b"x" * 1000) for n in range(1300, 1500))), format="csv"))
    seen.append(await connection.fetchrow("SELECT count(*), sum(length(note)) FROM sink WHERE id >= 1000"))
    return seen


@check
async def copy_out(connection):
    seen = []
    for options in ({}, {"format": "csv", "header": True}, {"format": "binary"}):
        output = io.BytesIO()
        seen.append(await connection.copy_from_table("number", output=output, **options))
        seen.append(len(output.getvalue()))
    output = io.BytesIO()
    seen.append(await connection.copy_from_query("SELECT id, name FROM person WHERE age > $1", 10, output=output))
    return seen + [output.getvalue()]


@check
async def copy_error(connection):
    seen = [await error_of(connection.copy_to_table("sink", source=io.BytesIO(b"1500\tgood\nbad\tbad\n")))]

    async def given_up():
        yield b"1501\tnever\n"
        raise KeyError("given up")
    try:
        await connection.copy_to_table("sink", source=given_up())
    except KeyError as error:
        seen.append(str(error))
    seen.append(await error_of(connection.copy_to_table("nowhere", source=io.BytesIO(b"1\n"))))
    return seen + [await connection.fetchval("SELECT count(*) FROM sink WHERE id >= 1500")]


@check
async def notify(connection):
    heard = asyncio.Queue()
    await connection.add_listener("chatter", lambda _connection, _pid, channel, payload: heard.put_nowait((channel, payload)))
    other = await connect()
    await other.execute("NOTIFY chatter, 'from another'")
    await other.fetchval("SELECT pg_notify('chatter', $1)", "é" * 3000)
    await other.close()
    await connection.execute("NOTIFY chatter, 'from myself'")
    return [await asyncio.wait_for(heard.get(), 10) for _ in range(3)]


@check
async def notice(connection):
    seen = []
    connection.add_log_listener(lambda _connection, found: seen.append([found.severity, found.sqlstate, found.message, found.detail, found.hint]))
    await connection.execute("SELECT tell('simple')")
    await connection.fetch("SELECT tell($1)", "extended")
    await connection.execute("DROP TABLE IF EXISTS nowhere")
    await asyncio.sleep(0)
    return seen


@check
async def cancel(connection):
    seen = []
    for wait in (connection.fetch("SELECT pg_sleep(60)", timeout=0.5), asyncio.wait_for(connection.execute("SELECT pg_sleep(60)"), 0.5)):
        try:
            await wait
        except asyncio.TimeoutError:
            seen.append(await connection.fetchval("SELECT 'goes on'"))
    return seen


@check
async def errors(connection):
    seen = []
    for text in (
        "SELECT nothing FROM person", "SELECT 'é', nothing FROM person", "SELEC 1", "SELECT * FROM nowhere", "SELECT * FROM public.nowhere",
        "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')", "INSERT INTO person (name, age) VALUES ('x', -1)",
        "INSERT INTO person (name) VALUES (NULL)", "INSERT INTO person (name, boss) VALUES ('x', 99)",
        "INSERT INTO public.person (name, years) VALUES ('x', 0)", "SELECT 1/0", "SELECT refuse()", "SELECT public.nothing(1)",
        "INSERT INTO person (name, room) VALUES ('x', '[1,5)'), ('y', '[3,7)')", "CREATE TABLE person (id int)", "DROP TABLE nowhere",
    ):
        seen += [await error_of(connection.execute(text)), await error_of(connection.fetch(text))]
    return seen + [await error_of(connection.fetch("SELECT id FROM public.person WHERE name = $1 AND nothing = 1", "x"))]


@check
async def large_object(connection):
    data = bytes(range(256)) * 2000
    async with connection.transaction():
        oid = await connection.fetchval("SELECT lo_from_bytea(0, $1)", data)
        handle = await connection.fetchval("SELECT lo_open($1, 393216)", oid)
        await connection.fetchval("SELECT lo_lseek64($1, 300000, 0)", handle)
        seen = [await connection.fetchval("SELECT loread($1, 16)", handle), await connection.fetchval("SELECT lowrite($1, $2)", handle, b"\x00written")]
    seen.append(await connection.fetchval("SELECT lo_get($1, 300016, 8)", oid))
    seen.append(await connection.fetchval("SELECT lo_unlink($1)", oid))
    return seen


@check
async def transaction(connection):
    seen = []
    for text in ("SELECT 1/0", "INSERT INTO sink VALUES (2000, 'committed')"):
        async def body():
            async with connection.transaction():
                await connection.execute(text)
                seen.append(connection.is_in_transaction())
        seen.append(await error_of(body()))
    one = connection.transaction()
    await one.start()
    seen.append(await error_of(connection.execute("SELECT nothing")))
    seen += [await error_of(connection.execute("SELECT 1")), await error_of(connection.fetch("SELECT 1"))]
    await one.rollback()
    seen.append(rows(await connection.fetch("SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099")))
    await connection.reset()
    seen.append(await connection.fetchval("SELECT name FROM place"))
    return seen


@check
async def savepoint(connection):
    async with connection.transaction():
        await connection.execute("INSERT INTO sink VALUES (2100, 'outer')")
        async def inner():
            async with connection.transaction():
                await connection.execute("INSERT INTO sink VALUES (2101, 'inner')")
                await connection.fetch("SELECT 1/0")
        seen = [await error_of(inner()), connection.is_in_transaction()]
        async with connection.transaction():
            await connection.execute("INSERT INTO sink VALUES (2102, 'inner')")
    return seen + rows(await connection.fetch("SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199 ORDER BY id"))


@check
async def isolation(connection):
    other = await connect()
    transactions = [each.transaction(isolation="serializable") for each in (connection, other)]
    for each, transaction, n in zip((connection, other), transactions, (5001, 5002)):
        await transaction.start()
        await each.fetchval("SELECT sum(n) FROM number")
    await connection.execute("INSERT INTO number VALUES (5001)")
    await other.execute("INSERT INTO number VALUES (5002)")
    await transactions[0].commit()
    seen = [await error_of(transactions[1].commit())]
    await other.close()
    async with connection.transaction(readonly=True, isolation="repeatable_read"):
        seen.append(await connection.fetchval("SHOW transaction_isolation"))
        seen.append(await error_of(connection.execute("INSERT INTO number VALUES (5003)")))
        raise_it = connection.is_in_transaction()
        await error_of(connection.execute("SELECT 1"))
    await connection.execute("DELETE FROM number WHERE n > 1000")
    return seen + [raise_it]


@check
async def introspection(connection):
    seen = []
    statement = await connection.prepare("SELECT a_mood, a_pair, a_positive, many_ranges, ARRAY[a_mood], ARRAY[a_pair] FROM everything")
    for attribute in statement.get_attributes():
        seen.append((attribute.type.name, attribute.type.kind, attribute.type.schema))
    seen.append(rows(await statement.fetch()))
    await connection.set_type_codec("mood", encoder=str, decoder=lambda text: f"<{text}>")
    seen.append(await connection.fetchval("SELECT a_mood FROM everything WHERE id = 1"))
    await connection.reload_schema_state()
    return seen


async def where(connection):
    return await connection.fetchval("SELECT name FROM place")


@branch_check
async def branch_in_database():
    connection = await connect(database=OTHER_DATABASE)
    return [await connection.fetchval("SHOW pggit.branch"), await where(connection)]


@branch_check
async def branch_in_options():
    connection = await connect(server_settings={"options": "-c pggit.branch=other"})
    seen = [await connection.fetchval("SHOW pggit.branch"), await where(connection)]
    connection = await connect(server_settings={"pggit.branch": "other"})
    assert seen == [await connection.fetchval("SHOW pggit.branch"), await where(connection)]
    return seen


@branch_check
async def branch_switch(connection):
    seen = [await where(connection)]
    await connection.execute("SET pggit.branch = 'other'")
    seen.append(await where(connection))
    await connection.fetch("RESET pggit.branch")
    seen.append(await where(connection))
    async with connection.transaction():
        await connection.execute("SET LOCAL pggit.branch = 'other'")
        seen.append(await where(connection))
    return seen + [await where(connection)]


@branch_check
async def prepared_across_switch(connection):
    statement = await connection.prepare("SELECT name FROM place")
    seen = []
    for branch in ("main", "other", "main"):
        await connection.execute(f"SET pggit.branch = '{branch}'")
        seen.append(await statement.fetchval())
        assert seen[-1] == await where(connection)
    return seen


def listed(found):
    return sorted((row["branch"], row["current"]) for row in found)


absent("rows come by the extended protocol only", "pggit_simple")


@branch_check
async def pggit_extended(connection):
    return listed(await connection.fetch("PGGIT BRANCH"))


@branch_check
async def pggit_prepared(connection):
    statement = await connection.prepare("PGGIT BRANCH")
    return [listed(await statement.fetch()) for _ in range(2)]


@branch_check
async def pggit_error(connection):
    seen = [await error_of(connection.execute("PGGIT CHECKOUT nowhere")), await error_of(connection.fetch("PGGIT CHECKOUT"))]
    assert seen[1][1]["position"], seen
    transaction = connection.transaction()
    await transaction.start()
    seen.append(await error_of(connection.execute("PGGIT BRANCH inside")))
    await transaction.rollback()
    return [error[0] for error in seen]


@branch_check
async def ddl_commit(connection):
    await connection.fetch("CREATE TABLE made (id int)")
    return [row["message"] for row in await connection.fetch("PGGIT LOG LIMIT 1")]


@branch_check
async def ddl_transaction(connection):
    async def commits():
        return len(await connection.fetch("PGGIT LOG LIMIT 1000"))
    before = await commits()
    async with connection.transaction():
        await connection.fetch("CREATE TABLE in_one (id int)")
        await connection.execute("ALTER TABLE in_one ADD COLUMN more text")
    between = await commits()
    undone = connection.transaction()
    await undone.start()
    await connection.execute("DROP TABLE in_one")
    await undone.rollback()
    return [between - before, await commits() - between]


run(asyncpg.__version__, connect)
