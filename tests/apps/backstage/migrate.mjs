// Runs the first half of the catalog's migrations, or the rest.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import knexFactory from "knex";

const require = createRequire(import.meta.url);
const plugin = dirname(require.resolve("@backstage/plugin-catalog-backend/package.json"));
const directory = join(plugin, "migrations");
const knex = knexFactory({ client: "pg", connection: process.env.DATABASE_URL });
if (process.argv[2] === "old") {
  for (let done = 0; done < 22; done++) await knex.migrate.up({ directory });
} else {
  await knex.migrate.latest({ directory });
}
await knex.destroy();
