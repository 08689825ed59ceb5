// What Drizzle sees, with node-postgres beneath it. What it leaves to the driver is checked there.

import fs from "node:fs";
import { and, asc, eq, gt, inArray, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { bigint, integer, jsonb, numeric, pgEnum, pgTable, text, timestamp, uuid, varchar } from "drizzle-orm/pg-core";
import pg from "pg";
import { BAD, absent, branchCheck, certificate, check, errorOf, listed, otherDatabase, parameters, run } from "./contract.mjs";

const person = pgTable("person", {
  id: bigint({ mode: "number" }).primaryKey().generatedByDefaultAsIdentity(),
  name: text().notNull(),
  email: varchar({ length: 40 }).unique(),
  age: integer(),
  boss: bigint({ mode: "number" }),
});
const people = relations(person, ({ one, many }) => ({
  chief: one(person, { fields: [person.boss], references: [person.id], relationName: "staff" }),
  staff: many(person, { relationName: "staff" }),
}));
const place = pgTable("place", { name: text().notNull() });
const sink = pgTable("sink", { id: integer().primaryKey(), note: text() });
const growing = pgTable("growing", { id: integer() });
const number = pgTable("number", { n: integer().primaryKey() });
const everything = pgTable("everything", {
  id: integer().primaryKey(),
  a_bigint: bigint({ mode: "bigint" }),
  a_numeric: numeric(),
  a_text: text(),
  a_timestamptz: timestamp({ withTimezone: true }),
  a_uuid: uuid(),
  a_jsonb: jsonb(),
  a_mood: pgEnum("mood", ["sad", "ok", "happy"])(),
  integers: integer().array(),
});

async function connect(others = {}) {
  const client = new pg.Client({ ...parameters, ...others });
  client.on("error", () => {});
  await client.connect();
  return drizzle(client, { schema: { person, people } });
}

// The driver's error is the cause of Drizzle's.
const refusal = (action) =>
  errorOf(async () => {
    try {
      await action;
    } catch (error) {
      throw error.cause ?? error;
    }
  });

check("connect", async (db) => (await db.execute(sql`SELECT current_user`)).rows);
check("tls", async () => {
  const db = await connect({ ssl: { ca: certificate, servername: "localhost" } });
  return (await db.execute(sql`SELECT current_user`)).rows;
});
check("refused", async () => [await refusal(connect({ password: "wrong" })), await refusal(connect({ database: "nowhere" }))]);
check("types_text", async (db) => db.select().from(everything).orderBy(asc(everything.id)));
absent("left to the driver", "types_binary", "pipeline", "copy_in", "copy_out", "copy_error", "notify", "notice", "cancel", "large_object", "cursor", "several");

check("parameters", async (db) => {
  const seen = [await db.insert(person).values([{ id: 100, name: "Grüße" }, { id: 101, name: "b", boss: 100, age: 5 }]).returning()];
  seen.push(await db.update(person).set({ age: sql`${person.age} + ${1}` }).where(eq(person.id, 101)).returning({ age: person.age }));
  seen.push(await db.insert(person).values({ id: 100, name: "again" }).onConflictDoUpdate({ target: person.id, set: { name: "again" } }).returning());
  seen.push(await db.query.person.findMany({ where: gt(person.id, 99), with: { staff: true, chief: true }, orderBy: asc(person.id) }));
  seen.push(await db.$count(person, and(inArray(person.id, [1, 2, 100]), gt(person.id, 1))));
  return [...seen, (await db.delete(person).where(gt(person.id, 99))).rowCount];
});

check("prepared", async (db) => {
  const statement = db.select().from(growing).where(eq(growing.id, sql.placeholder("id"))).prepare("by_id");
  const seen = [await statement.execute({ id: 1 }), await statement.execute({ id: 2 })];
  await db.execute(sql`ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'`);
  return [...seen, await statement.execute({ id: 1 })];
});

check("errors", async (db) => {
  const seen = [];
  for (const text of BAD) seen.push(await refusal(db.execute(sql.raw(text))));
  return [...seen, await refusal(db.insert(person).values({ name: "x", email: "ada@example.org" }))];
});

check("transaction", async (db) => {
  await db.transaction((tx) => tx.insert(sink).values({ id: 2000, note: "committed" }));
  const seen = [await refusal(db.transaction(async (tx) => {
    await tx.insert(sink).values({ id: 2001, note: "rolled back" });
    await tx.execute(sql`SELECT 1/0`);
  }))];
  return [...seen, await db.select().from(sink).where(gt(sink.id, 1999))];
});

check("savepoint", async (db) => {
  const seen = [];
  await db.transaction(async (tx) => {
    await tx.insert(sink).values({ id: 2100 });
    seen.push(await refusal(tx.transaction(async (inner) => {
      await inner.insert(sink).values({ id: 2101 });
      await inner.execute(sql`SELECT nothing`);
    })));
    await tx.transaction((inner) => inner.insert(sink).values({ id: 2102 }));
  });
  return [...seen, await db.select().from(sink).where(gt(sink.id, 2099)).orderBy(asc(sink.id))];
});

check("isolation", async (db) => {
  const other = await connect();
  const seen = [await refusal(db.transaction(async (one) => {
    await one.execute(sql`SELECT sum(n) FROM number`);
    await other.transaction(async (two) => {
      await two.execute(sql`SELECT sum(n) FROM number`);
      await two.insert(number).values({ n: 5002 });
    }, { isolationLevel: "serializable" });
    await one.insert(number).values({ n: 5001 });
  }, { isolationLevel: "serializable" }))];
  await other.$client.end();
  await db.delete(number).where(gt(number.n, 1000));
  return [...seen, await refusal(db.transaction((tx) => tx.insert(number).values({ n: 5003 }), { accessMode: "read only" }))];
});

absent("drizzle-kit reads the catalogs, not the library", "introspection");

const where = async (db) => (await db.select().from(place))[0].name;
const whereabouts = async (db) => [(await db.execute(sql`SHOW pggit.branch`)).rows[0]["pggit.branch"], await where(db)];

branchCheck("branch_in_database", async () => whereabouts(await connect({ database: otherDatabase })));
branchCheck("branch_in_options", async () => whereabouts(await connect({ options: "-c pggit.branch=other" })));

branchCheck("branch_switch", async (db) => {
  const seen = [await where(db)];
  for (const text of ["SET pggit.branch = 'other'", "RESET pggit.branch"]) {
    await db.execute(sql.raw(text));
    seen.push(await where(db));
  }
  await db.transaction(async (tx) => {
    await tx.execute(sql`SET LOCAL pggit.branch = 'other'`);
    seen.push(await where(tx));
  });
  return [...seen, await where(db)];
});

branchCheck("prepared_across_switch", async (db) => {
  const statement = db.select().from(place).prepare("here");
  const seen = [];
  for (const branch of ["main", "other", "main"]) {
    await db.execute(sql.raw(`PGGIT CHECKOUT ${branch}`));
    seen.push((await statement.execute())[0].name);
  }
  return seen;
});

absent("left to the driver", "pggit_simple");
branchCheck("pggit_extended", async (db) => listed((await db.execute(sql`PGGIT BRANCH`)).rows));
branchCheck("pggit_prepared", async (db) => {
  const seen = [];
  for (const _ of [1, 2]) seen.push(listed((await db.$client.query({ name: "list", text: "PGGIT BRANCH" })).rows));
  return seen;
});

branchCheck("pggit_error", async (db) => {
  const seen = [await refusal(db.execute(sql`PGGIT CHECKOUT nowhere`)), await refusal(db.execute(sql`PGGIT CHECKOUT`))];
  seen.push(await refusal(db.transaction((tx) => tx.execute(sql`PGGIT BRANCH inside`))));
  return seen.map((error) => error.code);
});

branchCheck("ddl_commit", async (db) => {
  await db.execute(sql`CREATE TABLE made (id int)`);
  return (await db.execute(sql`PGGIT LOG LIMIT 1`)).rows.map((row) => row.message);
});

branchCheck("ddl_transaction", async (db) => {
  const commits = async () => (await db.execute(sql`PGGIT LOG LIMIT 1000`)).rows.length;
  const counts = [await commits()];
  await db.transaction(async (tx) => {
    await tx.execute(sql`CREATE TABLE in_one (id int)`);
    await tx.execute(sql`ALTER TABLE in_one ADD COLUMN more text`);
  });
  counts.push(await commits());
  await refusal(db.transaction(async (tx) => {
    await tx.execute(sql`DROP TABLE in_one`);
    tx.rollback();
  }));
  counts.push(await commits());
  return [counts[1] - counts[0], counts[2] - counts[1]];
});

const manifest = new URL("node_modules/drizzle-orm/package.json", import.meta.url);
run(JSON.parse(fs.readFileSync(manifest)).version, connect, (db) => db.$client.end());
