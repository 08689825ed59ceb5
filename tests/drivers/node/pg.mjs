// What node-postgres sees, with its cursors, streams and COPY.

import { pipeline as pipe } from "node:stream/promises";
import { PassThrough, Readable } from "node:stream";
import { createRequire } from "node:module";
import pg from "pg";
import copy from "pg-copy-streams";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { BAD, absent, branchCheck, certificate, check, errorOf, listed, otherDatabase, parameters, run } from "./contract.mjs";

async function connect(others = {}) {
  const client = new pg.Client({ ...parameters, ...others });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const rows = async (client, text, values) => (await client.query({ text, values, rowMode: "array" })).rows;

check("connect", async (client) => {
  return [await rows(client, "SELECT current_user"), await rows(client, "SELECT current_user", []), client.processID > 0];
});

check("tls", async () => {
  const seen = [];
  for (const ssl of [{ ca: certificate, servername: "localhost" }, { rejectUnauthorized: false }]) {
    const client = await connect({ ssl });
    seen.push([await rows(client, "SELECT current_user"), client.connection.stream.encrypted]);
    await client.end();
  }
  seen.push(await errorOf(connect({ ssl: true }), ["code"]));
  return seen;
});

check("refused", async () => {
  return [await errorOf(connect({ password: "wrong" })), await errorOf(connect({ database: "nowhere" })), await errorOf(connect({ options: "-c nonsense=1" }))];
});

check("types_text", async (client) => {
  const result = await client.query("SELECT * FROM everything ORDER BY id");
  return [result.fields.map((field) => [field.name, field.columnID, field.dataTypeID < 16384 ? field.dataTypeID : "an OID", field.format]), result.rows];
});

check("types_binary", async (client) => {
  const text = "SELECT id, a_smallint, a_bigint, a_numeric, a_real, a_double, a_boolean, a_text, a_varchar, a_timestamp, a_timestamptz, a_bytea, integers FROM everything ORDER BY id";
  const result = await client.query({ text, values: [], binary: true });
  return [result.fields.map((field) => field.format), result.rows];
});

check("parameters", async (client) => {
  const seen = [];
  const values = [1, -(2 ** 40), 1.5, "Grüße ' \\", Buffer.from([0, 255]), true, null, [1, null, 2], ["a", 'b"c'], { a: [1] }, new Date(0)];
  const types = ["int", "bigint", "float8", "text", "bytea", "bool", "text", "int[]", "text[]", "jsonb", "timestamptz"];
  for (const [index, value] of values.entries()) seen.push(await rows(client, `SELECT $1::${types[index]}`, [value]));
  seen.push(await rows(client, "INSERT INTO public.sink VALUES ($1, $2), ($3, $2) RETURNING *", [1, "é".repeat(10000), 2]));
  seen.push(await errorOf(client.query("SELECT $1::int", ["x"])), await errorOf(client.query("SELECT $1::int", [1, 2])));
  return seen;
});

check("prepared", async (client) => {
  const seen = [];
  const named = { name: "one", text: "SELECT id, $1::int AS n FROM growing", rowMode: "array" };
  for (const n of [1, 2, 3]) seen.push((await client.query({ ...named, values: [n] })).rows);
  const star = { name: "star", text: "SELECT * FROM growing", rowMode: "array" };
  seen.push((await client.query(star)).rows);
  await client.query("ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'");
  seen.push(await errorOf(client.query(star)));
  seen.push((await client.query({ ...named, values: [4] })).rows);
  await client.query("DISCARD ALL");
  seen.push(await errorOf(client.query({ ...named, values: [5] })));
  return seen;
});

check("pipeline", async (client) => {
  const sent = [];
  for (let n = 0; n < 50; n++) sent.push(rows(client, "SELECT $1::int", [n]));
  sent.push(errorOf(client.query("SELECT nothing FROM person")));
  sent.push(rows(client, "INSERT INTO sink VALUES (100, 'after an error') RETURNING id"));
  return Promise.all(sent);
});

check("cursor", async (client) => {
  const seen = [];
  const cursor = client.query(new Cursor("SELECT n FROM number WHERE n > $1 ORDER BY n", [10], { rowMode: "array" }));
  seen.push(await cursor.read(3), await cursor.read(2));
  await cursor.close();
  seen.push(await rows(client, "SELECT 'after'"));
  let total = 0;
  for await (const row of client.query(new QueryStream("SELECT n FROM number ORDER BY n", [], { batchSize: 64 }))) total += row.n;
  seen.push(total);
  for await (const row of client.query(new QueryStream("SELECT n FROM public.number ORDER BY n", [], { batchSize: 10 }))) {
    if (row.n === 25) break;
  }
  seen.push(await rows(client, "SELECT 'after'"));
  const broken = client.query(new Cursor("SELECT 1 / (5 - n) FROM number ORDER BY n"));
  seen.push(await errorOf(broken.read(100)), await rows(client, "SELECT 'after'"));
  return seen;
});

check("several", async (client) => {
  const results = await client.query("SELECT 1 AS a; INSERT INTO sink VALUES (200, 'x'); SELECT name FROM place");
  const seen = [results.map((result) => [result.command, result.rowCount, result.rows])];
  seen.push(await errorOf(client.query("INSERT INTO sink VALUES (201, 'gone'); SELECT 1/0; SELECT 1")));
  seen.push(await errorOf(client.query("SELECT 1; SELECT $1", [2])));
  seen.push((await client.query("")).rows);
  seen.push(await rows(client, "SELECT count(*) FROM sink WHERE id > 200"));
  return seen;
});

check("copy_in", async (client) => {
  const stream = client.query(copy.from("COPY sink FROM STDIN"));
  await pipe(Readable.from(Array.from({ length: 300 }, (_, n) => `${1000 + n}\t${"x".repeat(1000)}\n`)), stream);
  return [stream.rowCount, await rows(client, "SELECT count(*), sum(length(note)) FROM sink WHERE id >= 1000")];
});

check("copy_out", async (client) => {
  const seen = [];
  for (const text of ["COPY person TO STDOUT", "COPY number TO STDOUT (FORMAT binary)", "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000)) TO STDOUT"]) {
    let length = 0;
    const stream = client.query(copy.to(text));
    for await (const chunk of stream) length += chunk.length;
    seen.push(length, stream.rowCount);
  }
  seen.push(await rows(client, "SELECT 'after'"));
  return seen;
});

check("copy_error", async (client) => {
  const seen = [await errorOf(pipe(Readable.from(["1500\tgood\nbad\tbad\n"]), client.query(copy.from("COPY sink FROM STDIN"))))];
  const given = client.query(copy.from("COPY sink FROM STDIN"));
  const over = new Promise((resolve) => given.on("error", (error) => resolve([error.code, error.message])));
  given.write("1501\tnever\n");
  given.destroy(new Error("given up"));
  seen.push(await over);
  seen.push(await errorOf(pipe(Readable.from(["1\n"]), client.query(copy.from("COPY nowhere FROM STDIN")))));
  seen.push(await errorOf(pipe(client.query(copy.to("COPY (SELECT 1 / (500 - n) FROM number) TO STDOUT")), new PassThrough().resume())));
  return [...seen, await rows(client, "SELECT count(*) FROM sink WHERE id >= 1500")];
});

check("notify", async (client) => {
  const heard = [];
  const all = new Promise((resolve) => client.on("notification", ({ channel, payload }) => heard.push([channel, payload]) === 3 && resolve()));
  await client.query("LISTEN chatter");
  const other = await connect();
  await other.query("NOTIFY chatter, 'from another'");
  await other.query("SELECT pg_notify('chatter', $1)", ["é".repeat(3000)]);
  await other.end();
  await client.query("NOTIFY chatter, 'from myself'");
  await all;
  return heard.sort();
});

check("notice", async (client) => {
  const seen = [];
  client.on("notice", ({ severity, code, message, detail, hint }) => seen.push([severity, code, message, detail, hint]));
  await client.query("SELECT tell('simple')");
  await client.query("SELECT tell($1)", ["extended"]);
  await client.query("DROP TABLE IF EXISTS nowhere");
  return seen;
});

// As node-postgres has it: a second connection that sends the first one's key. Asked until it succeeds, since a
// request that comes before the statement finds nothing to cancel.
check("cancel", async (client) => {
  const query = new pg.Query("SELECT pg_sleep(60)");
  const asking = setInterval(() => {
    if (client.activeQuery !== query && client._activeQuery !== query) return;
    const connection = new pg.Connection({});
    connection.connect(parameters.port, parameters.host);
    connection.on("connect", () => connection.cancel(client.processID, client.secretKey));
    connection.on("error", () => {});
  }, 200);
  const cancelled = new Promise((resolve) => query.on("error", (error) => resolve([error.code, error.message])));
  client.query(query);
  const seen = [await cancelled];
  clearInterval(asking);
  return [...seen, await rows(client, "SELECT 'goes on'"), await errorOf(client.query({ text: "SET statement_timeout = 100; SELECT pg_sleep(60)" }))];
});

check("errors", async (client) => {
  const seen = [];
  for (const text of BAD) seen.push(await errorOf(client.query(text)), await errorOf(client.query(text, [])));
  seen.push(await errorOf(client.query("SELECT id FROM public.person WHERE name = $1 AND nothing = 1", ["x"])));
  return seen;
});

check("large_object", async (client) => {
  const data = Buffer.alloc(300000, "0123456789abcdef");
  await client.query("BEGIN");
  const [[oid]] = await rows(client, "SELECT lo_from_bytea(0, $1)", [data]);
  const [[handle]] = await rows(client, "SELECT lo_open($1, 393216)", [oid]);
  await client.query("SELECT lo_lseek64($1, 1000, 0)", [handle]);
  const seen = [await rows(client, "SELECT loread($1, 16)", [handle]), await rows(client, "SELECT lowrite($1, $2)", [handle, Buffer.from("\0written")])];
  await client.query("COMMIT");
  return [...seen, await rows(client, "SELECT length(lo_get($1)), lo_get($1, 1016, 8), lo_unlink($1)", [oid])];
});

check("transaction", async (client) => {
  const seen = [];
  const run = async (text) => seen.push(await errorOf(client.query(text).then((result) => seen.push([result.command, result.rows]))));
  for (const text of [
    "BEGIN", "INSERT INTO sink VALUES (2000, 'committed')", "COMMIT", "BEGIN", "SELECT 1/0", "SELECT 1", "COMMIT", "BEGIN",
    "CREATE TABLE undone (id int)", "INSERT INTO undone VALUES (1)", "SELECT * FROM undone", "ROLLBACK", "SELECT * FROM undone",
    "COMMIT", "BEGIN", "VACUUM sink", "ROLLBACK", "SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099",
  ]) await run(text);
  return seen;
});

check("savepoint", async (client) => {
  const seen = [];
  for (const text of [
    "BEGIN", "INSERT INTO sink VALUES (2100, 'outer')", "SAVEPOINT one", "SELECT nothing", "ROLLBACK TO one", "INSERT INTO sink VALUES (2101, 'inner')",
    "RELEASE one", "ROLLBACK TO one", "ROLLBACK", "SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199",
  ]) seen.push(await errorOf(client.query(text, [])));
  return seen;
});

check("isolation", async (client) => {
  const other = await connect();
  for (const each of [client, other]) {
    await each.query("BEGIN ISOLATION LEVEL SERIALIZABLE");
    await each.query("SELECT sum(n) FROM number");
  }
  await client.query("INSERT INTO number VALUES (5001)");
  await other.query("INSERT INTO number VALUES (5002)");
  await client.query("COMMIT");
  const seen = [await errorOf(other.query("COMMIT"))];
  await other.end();
  await client.query("DELETE FROM number WHERE n > 1000");
  await client.query("BEGIN READ ONLY");
  return [...seen, await errorOf(client.query("INSERT INTO number VALUES (5003)"))];
});

absent("the driver asks the catalogs nothing", "introspection");

const where = async (client) => (await client.query("SELECT name FROM place")).rows[0].name;
const whereabouts = async (client) => [(await client.query("SHOW pggit.branch")).rows[0]["pggit.branch"], await where(client)];

branchCheck("branch_in_database", async () => whereabouts(await connect({ database: otherDatabase })));
branchCheck("branch_in_options", async () => whereabouts(await connect({ options: "-c pggit.branch=other" })));

branchCheck("branch_switch", async (client) => {
  const seen = [await where(client)];
  for (const text of ["SET pggit.branch = 'other'", "RESET pggit.branch", "BEGIN; SET LOCAL pggit.branch = 'other'", "COMMIT"]) {
    await client.query(text);
    seen.push(await where(client));
  }
  return seen;
});

branchCheck("prepared_across_switch", async (client) => {
  const seen = [];
  for (const branch of ["main", "other", "main"]) {
    await client.query(`SET pggit.branch = '${branch}'`);
    seen.push((await client.query({ name: "here", text: "SELECT name FROM place" })).rows[0].name);
  }
  return seen;
});

branchCheck("pggit_simple", async (client) => listed((await client.query("PGGIT BRANCH")).rows));
branchCheck("pggit_extended", async (client) => listed((await client.query({ text: "PGGIT BRANCH", queryMode: "extended" })).rows));

branchCheck("pggit_prepared", async (client) => {
  const seen = [];
  for (const _ of [1, 2]) seen.push(listed((await client.query({ name: "list", text: "PGGIT BRANCH" })).rows));
  const cursor = client.query(new Cursor("PGGIT BRANCH"));
  const paged = [...(await cursor.read(1)), ...(await cursor.read(5))];
  if (paged.length !== 2) throw new Error(`paging gave ${paged.length} rows`);
  return seen;
});

branchCheck("pggit_error", async (client) => {
  const seen = [await errorOf(client.query("PGGIT CHECKOUT nowhere")), await errorOf(client.query("PGGIT CHECKOUT"))];
  if (!seen[1].position) throw new Error("no position");
  await client.query("BEGIN");
  seen.push(await errorOf(client.query("PGGIT BRANCH inside", [])));
  return seen.map((error) => error.code);
});

branchCheck("ddl_commit", async (client) => {
  await client.query({ name: "make", text: "CREATE TABLE made (id int)" });
  return (await client.query("PGGIT LOG LIMIT 1")).rows.map((row) => row.message);
});

branchCheck("ddl_transaction", async (client) => {
  const commits = async () => (await client.query("PGGIT LOG LIMIT 1000")).rows.length;
  const counts = [await commits()];
  for (const texts of [["BEGIN", "CREATE TABLE in_one (id int)", "ALTER TABLE in_one ADD COLUMN more text", "COMMIT"], ["BEGIN", "DROP TABLE in_one", "ROLLBACK"]]) {
    for (const text of texts) await client.query(text, []);
    counts.push(await commits());
  }
  return [counts[1] - counts[0], counts[2] - counts[1]];
});

run(createRequire(import.meta.url)("pg/package.json").version, connect, (client) => client.end());
