// How a script says what it sees: one line of JSON for each check.

import fs from "node:fs";

const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, OTHER_DATABASE, ROOT_CERTIFICATE, TARGET } = process.env;
export const parameters = { host: PGHOST, port: Number(PGPORT), user: PGUSER, password: PGPASSWORD, database: PGDATABASE };
export const otherDatabase = OTHER_DATABASE;
export const certificate = fs.readFileSync(ROOT_CERTIFICATE, "utf8");
// What is in the environment for libpq is not what is to be tested.
for (const name of ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"]) delete process.env[name];

const checks = [];

// `look` gives what it saw.
export function check(name, look) {
  checks.push({ name, look });
}

// The same for what only the proxy has, which is checked on `main`.
export function branchCheck(name, look) {
  if (TARGET === "main") checks.push({ name, look });
}

// The driver has no such thing.
export function absent(reason, ...names) {
  for (const check of names) checks.push({ name: check, reason });
}

// Runs all of them, each with a connection of its own.
export async function run(version, connect, disconnect) {
  say({ version });
  for (const { name, look, reason } of checks) {
    if (reason) {
      say({ check: name, outcome: "absent", detail: reason });
      continue;
    }
    let connection;
    try {
      connection = await connect();
      say({ check: name, outcome: "ok", detail: plain(await look(connection)) });
    } catch (error) {
      say({ check: name, outcome: "error", detail: String(error.stack ?? error) });
    }
    if (connection) await disconnect(connection);
  }
  process.exit(0);
}

// What `action` is refused with: `fields` of the error.
export async function errorOf(action, fields = FIELDS) {
  try {
    await (typeof action === "function" ? action() : action);
    return "no error";
  } catch (error) {
    return Object.fromEntries(fields.filter((field) => error[field] !== undefined).map((field) => [field, error[field]]));
  }
}
const FIELDS = ["severity", "code", "message", "detail", "hint", "position", "where", "schema", "table", "column", "dataType", "constraint"];

export const BAD = [
  "SELECT nothing FROM person",
  "SELECT 'é', nothing FROM person",
  "SELEC 1",
  "SELECT * FROM nowhere",
  "SELECT * FROM public.nowhere",
  "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')",
  "INSERT INTO public.person (name, age) VALUES ('x', -1)",
  "INSERT INTO person (name) VALUES (NULL)",
  "INSERT INTO person (name, boss) VALUES ('x', 99)",
  "INSERT INTO public.person (name, years) VALUES ('x', 0)",
  "SELECT 1/0",
  "SELECT refuse()",
  "SELECT public.nothing(1)",
  "CREATE TABLE person (id int)",
  "DROP TABLE nowhere",
];

// Types whose values JSON has not, by name.
function plain(value) {
  if (typeof value === "bigint" || typeof value === "symbol") return `${typeof value} ${String(value)}`;
  if (typeof value === "number" && !Number.isFinite(value)) return `number ${value}`;
  if (value instanceof Date) return `Date ${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value ?? null;
}

export const listed = (rows) => rows.map((row) => [row.branch, row.current]).sort((one, other) => (one[0] < other[0] ? -1 : 1));

function say(line) {
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
}
