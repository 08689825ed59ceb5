// What Prisma's client sees, with its adapter for node-postgres. Its objects' names are those of prisma/schema.prisma.

import { createRequire } from "node:module";
import { PrismaPg } from "@prisma/adapter-pg";
import { absent, branchCheck, certificate, check, errorOf, listed, otherDatabase, parameters, run } from "./contract.mjs";

const require = createRequire(import.meta.url);
const { Prisma, PrismaClient } = require("./prisma/generated/index.js");

// One connection, so that what is set stays set.
const connect = async (others = {}) => new PrismaClient({ adapter: new PrismaPg({ ...parameters, max: 1, ...others }) });

const refusal = (action) =>
  errorOf(async () => {
    try {
      await action;
    } catch (error) {
      throw { code: error.code, message: error.message?.split("\n").pop(), detail: error.meta };
    }
  });

check("connect", async (db) => db.$queryRaw`SELECT current_user::text`);
check("tls", async () => (await connect({ ssl: { ca: certificate, servername: "localhost" } })).$queryRaw`SELECT current_user::text`);
check("refused", async () => {
  const seen = [];
  for (const words of [{ password: "wrong" }, { database: "nowhere" }]) seen.push((await refusal((await connect(words)).$queryRaw`SELECT 1`)).code);
  return seen;
});
check("types_text", async (db) => [
  await db.everything.findMany({ orderBy: { id: "asc" } }),
  await db.$queryRaw`SELECT id, a_numeric, a_date, a_time, a_timestamptz, a_uuid, a_jsonb, an_inet::text, a_double FROM everything ORDER BY id`,
]);
absent("left to the driver", "types_binary", "pipeline", "copy_in", "copy_out", "copy_error", "notify", "notice", "cancel", "large_object", "cursor");

check("parameters", async (db) => {
  const seen = [await db.person.create({ data: { id: 100, name: "Grüße", staff: { create: [{ id: 101, name: "b", age: 5 }, { id: 102, name: "c" }] } }, include: { staff: true } })];
  seen.push(await db.person.updateMany({ where: { id: { gt: 100 } }, data: { age: { increment: 1 } } }));
  seen.push(await db.person.upsert({ where: { id: 100 }, create: { id: 100, name: "x" }, update: { name: "again" } }));
  seen.push(await db.person.findMany({ where: { staff: { some: { age: 6 } } }, select: { name: true, staff: { select: { name: true }, orderBy: { id: "asc" } } } }));
  seen.push(await db.person.aggregate({ _avg: { age: true }, _count: true, where: { id: { gt: 99 } } }));
  seen.push(await db.person.createMany({ data: [{ id: 100, name: "x" }, { id: 103, name: "y" }], skipDuplicates: true }));
  seen.push(await db.$queryRaw`SELECT ${1}::int AS a, ${"x"}::text AS b, ${[1, 2]}::int[] AS c, ${new Date(0)}::timestamptz AS d`);
  return [...seen, await db.person.deleteMany({ where: { id: { gt: 99 } } })];
});

check("prepared", async (db) => {
  const seen = [await db.$queryRaw`SELECT * FROM growing WHERE id = ${1}`];
  await db.$executeRaw`ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'`;
  return [...seen, await db.$queryRaw`SELECT * FROM growing WHERE id = ${1}`];
});

check("several", async (db) => refusal(db.$executeRawUnsafe("SELECT 1; SELECT 2")));

check("errors", async (db) => [
  await refusal(db.person.create({ data: { id: 500, name: "x", email: "ada@example.org" } })),
  await refusal(db.person.create({ data: { id: 500, name: "x", boss: 999 } })),
  await refusal(db.person.create({ data: { id: 500, name: "x", age: -1 } })),
  await refusal(db.person.create({ data: { id: 500, name: "x", email: "y".repeat(50) } })),
  await refusal(db.person.update({ where: { id: 999 }, data: { name: "x" } })),
  await refusal(db.$queryRaw`SELECT nothing FROM person`),
  await refusal(db.$queryRaw`SELECT * FROM public.nowhere`),
  await refusal(db.$queryRaw`SELECT 1 / 0`),
  await refusal(db.$queryRaw`SELECT refuse()::text`),
]);

check("transaction", async (db) => {
  await db.$transaction([db.sink.create({ data: { id: 2000 } }), db.sink.create({ data: { id: 2001 } })]);
  const seen = [await refusal(db.$transaction([db.sink.create({ data: { id: 2002 } }), db.sink.create({ data: { id: 2000 } })]))];
  seen.push(await refusal(db.$transaction(async (tx) => {
    await tx.sink.create({ data: { id: 2003 } });
    await tx.$queryRaw`SELECT 1 / 0`;
  })));
  return [...seen, await db.sink.findMany({ where: { id: { gte: 2000, lt: 2100 } } })];
});

check("savepoint", async (db) => {
  await db.$transaction(async (tx) => {
    await tx.sink.create({ data: { id: 2100 } });
    await tx.$executeRaw`SAVEPOINT one`;
    await tx.sink.create({ data: { id: 2101 } });
    await tx.$executeRaw`ROLLBACK TO one`;
  });
  return db.sink.findMany({ where: { id: { gte: 2100 } } });
});

check("isolation", async (db) => {
  const other = await connect();
  const isolationLevel = Prisma.TransactionIsolationLevel.Serializable;
  const seen = [await refusal(db.$transaction(async (one) => {
    await one.number.aggregate({ _sum: { n: true } });
    await other.$transaction(async (two) => {
      await two.number.aggregate({ _sum: { n: true } });
      await two.number.create({ data: { n: 5002 } });
    }, { isolationLevel });
    await one.number.create({ data: { n: 5001 } });
  }, { isolationLevel }))];
  await other.$disconnect();
  await db.number.deleteMany({ where: { n: { gt: 1000 } } });
  return seen;
});

absent("the migration engine reads the catalogs, not the client", "introspection");

const where = async (db) => (await db.place.findFirst()).name;
const whereabouts = async (db) => [(await db.$queryRaw`SELECT current_setting('pggit.branch') AS branch`)[0].branch, await where(db)];

branchCheck("branch_in_database", async () => whereabouts(await connect({ database: otherDatabase })));
branchCheck("branch_in_options", async () => whereabouts(await connect({ options: "-c pggit.branch=other" })));

branchCheck("branch_switch", async (db) => {
  const seen = [await where(db)];
  for (const text of ["SET pggit.branch = 'other'", "RESET pggit.branch"]) {
    await db.$executeRawUnsafe(text);
    seen.push(await where(db));
  }
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL pggit.branch = 'other'`;
    seen.push(await where(tx));
  });
  return [...seen, await where(db)];
});

branchCheck("prepared_across_switch", async (db) => {
  const seen = [];
  for (const branch of ["main", "other", "main"]) {
    await db.$executeRawUnsafe(`PGGIT CHECKOUT ${branch}`);
    seen.push(await where(db));
  }
  return seen;
});

absent("left to the driver", "pggit_simple", "pggit_prepared");
branchCheck("pggit_extended", async (db) => listed(await db.$queryRaw`PGGIT BRANCH`));

branchCheck("pggit_error", async (db) => {
  const codes = [];
  for (const text of ["PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT"]) codes.push(await sqlstate(db.$executeRawUnsafe(text)));
  codes.push(await sqlstate(db.$transaction((tx) => tx.$executeRaw`PGGIT BRANCH inside`)));
  return codes;
});
const sqlstate = async (action) => {
  try {
    return await action;
  } catch (error) {
    return /Code: `(\w{5})`/.exec(error.message)?.[1] ?? error.message;
  }
};

branchCheck("ddl_commit", async (db) => {
  await db.$executeRaw`CREATE TABLE made (id int)`;
  return (await db.$queryRaw`PGGIT LOG LIMIT 1`).map((row) => row.message);
});

branchCheck("ddl_transaction", async (db) => {
  const commits = async () => (await db.$queryRaw`PGGIT LOG LIMIT 1000`).length;
  const counts = [await commits()];
  await db.$transaction([db.$executeRaw`CREATE TABLE in_one (id int)`, db.$executeRaw`ALTER TABLE in_one ADD COLUMN more text`]);
  counts.push(await commits());
  await refusal(db.$transaction([db.$executeRaw`DROP TABLE in_one`, db.$queryRaw`SELECT 1 / 0`]));
  counts.push(await commits());
  return [counts[1] - counts[0], counts[2] - counts[1]];
});

run(Prisma.prismaVersion.client, connect, (db) => db.$disconnect());
