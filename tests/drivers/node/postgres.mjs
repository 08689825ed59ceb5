// What postgres.js sees. Its queries are prepared and pipelined unless `prepare: false` or `.simple()` says otherwise.

import fs from "node:fs";
import { Readable } from "node:stream";
import { pipeline as pipe } from "node:stream/promises";
import postgres from "postgres";
import { BAD, absent, branchCheck, certificate, check, errorOf, listed, otherDatabase, parameters, run } from "./contract.mjs";

const connect = (others = {}) => postgres({ ...parameters, max: 1, onnotice: () => {}, fetch_types: true, ...others });
const FIELDS = ["severity", "code", "message", "detail", "hint", "position", "where", "schema_name", "table_name", "column_name", "constraint_name"];
const refusal = (action) => errorOf(action, FIELDS);

check("connect", async (sql) => [await sql`SELECT current_user`, sql.parameters.client_encoding, sql.parameters.TimeZone]);

check("tls", async () => {
  const seen = [];
  for (const ssl of [{ ca: certificate, servername: "localhost" }, "require", "prefer"]) {
    const sql = connect({ ssl });
    seen.push(await sql`SELECT current_user`);
    await sql.end();
  }
  return seen;
});

check("refused", async () => {
  return [await refusal(connect({ password: "wrong" })`SELECT 1`), await refusal(connect({ database: "nowhere" })`SELECT 1`)];
});

check("types_text", async (sql) => {
  const rows = await sql`SELECT * FROM everything ORDER BY id`;
  return [rows.columns.map((column) => [column.name, column.type < 16384 ? column.type : "an OID"]), rows];
});
absent("values are text", "types_binary");

check("parameters", async (sql) => {
  const seen = [];
  seen.push(await sql`SELECT ${1}::int, ${-(2 ** 40)}::bigint, ${"Grüße ' \\"}::text, ${Buffer.from([0, 255])}::bytea, ${true}::bool, ${null}::text, ${new Date(0)}::timestamptz`);
  seen.push(await sql`SELECT ${sql.array([1, 2])}::int[], ${sql.json({ a: [1] })}::jsonb, ${["a", 'b"c']}::text[], ${"sad"}::mood`);
  seen.push(await sql`INSERT INTO sink ${sql(Array.from({ length: 200 }, (_, n) => ({ id: n, note: `row ${n}` })))} RETURNING id`.then((rows) => rows.count));
  seen.push(await sql`SELECT ${sql(["id", "note"])} FROM ${sql("public.sink")} WHERE id IN ${sql([1, 2, 3])} ORDER BY id`);
  seen.push(await sql`UPDATE sink SET ${sql({ note: "é".repeat(5000) })} WHERE id = ${7} RETURNING length(note)`);
  const plain = connect({ prepare: false });
  seen.push(await plain`SELECT ${1}::int AS n, ${"x"}::text AS t`, await plain`SELECT count(*) FROM sink WHERE note LIKE ${"row%"}`);
  await plain.end();
  return seen;
});

check("prepared", async (sql) => {
  const seen = [];
  const star = () => sql`SELECT * FROM growing`;
  for (const n of [1, 2, 3]) seen.push(await sql`SELECT id, ${n}::int AS n FROM growing`);
  seen.push(await star());
  await sql`ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'`;
  // It prepares again by itself.
  return [...seen, await refusal(star), await refusal(star), await sql`SELECT id, ${4}::int AS n FROM growing`, await star().describe().then(({ string }) => string)];
});

check("pipeline", async (sql) => {
  const sent = Array.from({ length: 50 }, (_, n) => sql`SELECT ${n}::int AS n`);
  sent.push(refusal(sql`SELECT nothing FROM person`), sql`INSERT INTO sink VALUES (1000, 'after an error') RETURNING id`);
  const seen = await Promise.all(sent);
  seen.push(await sql.begin((sql) => [sql`SELECT 1 AS a`, sql`CREATE TABLE piped (id int)`, sql`INSERT INTO piped VALUES (1) RETURNING id`]));
  return seen;
});

check("cursor", async (sql) => {
  const seen = [];
  let total = 0;
  for await (const rows of sql`SELECT n FROM number ORDER BY n`.cursor(64)) total += rows.reduce((sum, row) => sum + row.n, 0);
  await sql`SELECT n FROM number WHERE n > ${5} ORDER BY n`.cursor(3, (rows) => {
    seen.push(rows);
    return seen.length === 3 ? sql.CLOSE : undefined;
  });
  await sql`SELECT n FROM number ORDER BY n`.forEach((row) => (total += row.n));
  return [total, seen, await sql`SELECT 'after'`];
});

check("several", async (sql) => {
  const seen = [await sql.unsafe("SELECT 1 AS a; INSERT INTO sink VALUES (2000, 'x'); SELECT name FROM place")];
  seen.push(await sql`SELECT 1 AS a; SELECT 2 AS b`.simple());
  return [...seen, await refusal(sql.unsafe("INSERT INTO sink VALUES (2001, 'gone'); SELECT 1/0")), await sql`SELECT count(*) FROM sink WHERE id > 2000`];
});

check("copy_in", async (sql) => {
  const stream = await sql`COPY sink FROM STDIN`.writable();
  await pipe(Readable.from(Array.from({ length: 300 }, (_, n) => `${3000 + n}\t${"x".repeat(1000)}\n`)), stream);
  return await sql`SELECT count(*), sum(length(note)) FROM sink WHERE id >= 3000`;
});

check("copy_out", async (sql) => {
  const seen = [];
  for (const copy of [sql`COPY person TO STDOUT`, sql`COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000)) TO STDOUT`]) {
    const stream = await copy.readable();
    let length = 0;
    stream.on("data", (chunk) => (length += chunk.length));
    await new Promise((resolve) => stream.on("end", resolve));
    seen.push(length);
  }
  return [...seen, await sql`SELECT 'after'`];
});

// A refused row is not checked: the stream then never ends.
check("copy_error", async (sql) => {
  const stream = await sql`COPY sink FROM STDIN`.writable();
  const over = new Promise((resolve) => stream.on("error", (error) => resolve(error.message)));
  stream.write("3501\tnever\n");
  stream.destroy(new Error("given up"));
  return [await over, await refusal(sql`COPY nowhere FROM STDIN`.writable()), await sql`SELECT count(*) FROM sink WHERE id >= 3500`];
});

check("notify", async (sql) => {
  const heard = [];
  await new Promise((resolve) => {
    sql.listen("chatter", (payload) => heard.push(payload) === 2 && resolve()).then(async () => {
      await sql.notify("chatter", "from another");
      await sql`SELECT pg_notify('chatter', ${"é".repeat(3000)})`;
    });
  });
  return heard;
});

check("notice", async () => {
  const seen = [];
  const sql = connect({ onnotice: ({ severity, code, message, detail, hint }) => seen.push([severity, code, message, detail, hint]) });
  await sql`SELECT tell('simple')`.simple();
  await sql`SELECT tell(${"extended"})`;
  await sql`DROP TABLE IF EXISTS nowhere`;
  await sql.end();
  return seen;
});

check("cancel", async (sql) => {
  await sql`SELECT 1`;
  const sleeping = sql`SELECT pg_sleep(60)`;
  const over = refusal(sleeping);
  const other = connect();
  // A request that comes before the statement finds nothing to cancel.
  const [{ pid }] = await new Promise((resolve) => setTimeout(resolve, 50)).then(() => other`SELECT 0 AS pid`);
  while (!(await other`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`).count) await other`SELECT pg_sleep(0.02 + ${pid}) WHERE false`;
  sleeping.cancel();
  await other.end();
  return [await over, await sql`SELECT 'goes on'`];
});

check("errors", async (sql) => {
  const seen = [];
  for (const text of BAD) seen.push(await refusal(sql.unsafe(text)), await refusal(sql.unsafe(text, [], { prepare: true })));
  return [...seen, await refusal(sql`SELECT id FROM public.person WHERE name = ${"x"} AND nothing = 1`)];
});

check("large_object", async (sql) => {
  const object = await sql.largeObject();
  await object.write(Buffer.alloc(300000, "0123456789abcdef"));
  await object.seek(1000, object.SEEK_SET);
  const read = await object.read(16);
  await object.truncate(5000);
  const seen = [read, await object.size(), await object.tell()];
  await object.close();
  return seen;
});

check("transaction", async (sql) => {
  const seen = [];
  await sql.begin((sql) => sql`INSERT INTO sink VALUES (4000, 'committed')`);
  seen.push(await refusal(sql.begin(async (sql) => {
    await sql`INSERT INTO sink VALUES (4001, 'rolled back')`;
    await sql`SELECT 1/0`;
  })));
  seen.push(await refusal(sql.begin(async (sql) => {
    seen.push(await refusal(sql`SELECT nothing`));
    seen.push(await refusal(sql`SELECT 1`));
  })));
  seen.push(await refusal(sql.begin(async (sql) => {
    await sql`CREATE TABLE undone (id int)`;
    await sql`INSERT INTO undone VALUES (1)`;
    throw Object.assign(new Error("undone"), { code: "mine" });
  })));
  return [...seen, await refusal(sql`SELECT * FROM undone`), await sql`SELECT id FROM sink WHERE id BETWEEN 4000 AND 4099`];
});

check("savepoint", async (sql) => {
  const seen = [];
  await sql.begin(async (sql) => {
    await sql`INSERT INTO sink VALUES (4100, 'outer')`;
    seen.push(await refusal(sql.savepoint(async (sql) => {
      await sql`INSERT INTO sink VALUES (4101, 'inner')`;
      await sql`SELECT nothing`;
    })));
    await sql.savepoint("named", (sql) => sql`INSERT INTO sink VALUES (4102, 'inner')`);
  });
  return [...seen, await sql`SELECT id FROM sink WHERE id BETWEEN 4100 AND 4199 ORDER BY id`];
});

check("isolation", async (sql) => {
  const other = connect();
  const seen = [await refusal(sql.begin("isolation level serializable", async (sql) => {
    await sql`SELECT sum(n) FROM number`;
    await other.begin("isolation level serializable", async (other) => {
      await other`SELECT sum(n) FROM number`;
      await other`INSERT INTO number VALUES (5002)`;
    });
    await sql`INSERT INTO number VALUES (5001)`;
  }))];
  await other.end();
  await sql`DELETE FROM number WHERE n > 1000`;
  return [...seen, await refusal(sql.begin("read only", (sql) => sql`INSERT INTO number VALUES (5003)`))];
});

// It asks once for the types of arrays, those of the database's own among them.
check("introspection", async (sql) => {
  const seen = [await sql`SELECT ARRAY['sad', 'ok']::mood[] AS moods, ${sql.array([1, 2])} AS numbers`];
  return [...seen, Object.keys(sql.options.shared.typeArrayMap ?? {}).filter((oid) => oid < 16384).sort()];
});

const where = async (sql) => (await sql`SELECT name FROM place`)[0].name;
const whereabouts = async (sql) => [(await sql`SHOW pggit.branch`)[0]["pggit.branch"], await where(sql)];

branchCheck("branch_in_database", async () => whereabouts(connect({ database: otherDatabase })));
branchCheck("branch_in_options", async () => {
  const seen = await whereabouts(connect({ connection: { options: "-c pggit.branch=other" } }));
  const too = await whereabouts(connect({ connection: { "pggit.branch": "other" } }));
  if (String(seen) !== String(too)) throw new Error(`${seen} is not ${too}`);
  return seen;
});

branchCheck("branch_switch", async (sql) => {
  const seen = [await where(sql)];
  for (const text of ["SET pggit.branch = 'other'", "RESET pggit.branch"]) {
    await sql.unsafe(text);
    seen.push(await where(sql));
  }
  await sql.begin(async (sql) => {
    await sql`SET LOCAL pggit.branch = 'other'`;
    seen.push(await where(sql));
  });
  return [...seen, await where(sql)];
});

// All are sent before the first is answered.
branchCheck("prepared_across_switch", async (sql) => {
  const sent = [];
  for (const branch of ["main", "other", "main"]) {
    sql.unsafe(`SET pggit.branch = '${branch}'`).execute();
    sent.push(sql`SELECT name FROM place`.execute());
  }
  return (await Promise.all(sent)).map((rows) => rows[0].name);
});

branchCheck("pggit_simple", async (sql) => listed(await sql`PGGIT BRANCH`.simple()));
branchCheck("pggit_extended", async (sql) => listed(await sql.unsafe("PGGIT BRANCH", [], { prepare: false })));
branchCheck("pggit_prepared", async (sql) => {
  const seen = [];
  for (const _ of [1, 2]) seen.push(listed(await sql`PGGIT BRANCH`));
  let paged = 0;
  for await (const rows of sql`PGGIT BRANCH`.cursor(1)) paged += rows.length;
  if (paged !== 2) throw new Error(`paging gave ${paged} rows`);
  return seen;
});

branchCheck("pggit_error", async (sql) => {
  const seen = [await refusal(sql`PGGIT CHECKOUT nowhere`), await refusal(sql`PGGIT CHECKOUT`)];
  if (!seen[1].position) throw new Error("no position");
  seen.push(await refusal(sql.begin((sql) => sql`PGGIT BRANCH inside`)));
  return seen.map((error) => error.code);
});

branchCheck("ddl_commit", async (sql) => {
  await sql`CREATE TABLE made (id int)`;
  return (await sql`PGGIT LOG LIMIT 1`).map((row) => row.message);
});

branchCheck("ddl_transaction", async (sql) => {
  const commits = async () => (await sql`PGGIT LOG LIMIT 1000`).length;
  const counts = [await commits()];
  await sql.begin((sql) => [sql`CREATE TABLE in_one (id int)`, sql`ALTER TABLE in_one ADD COLUMN more text`]);
  counts.push(await commits());
  await refusal(sql.begin((sql) => [sql`DROP TABLE in_one`, sql`SELECT 1/0`]));
  counts.push(await commits());
  return [counts[1] - counts[0], counts[2] - counts[1]];
});

run(JSON.parse(fs.readFileSync(new URL("node_modules/postgres/package.json", import.meta.url))).version, async () => connect(), (sql) => sql.end({ timeout: 1 }));
