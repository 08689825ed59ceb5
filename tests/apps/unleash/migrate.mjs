// Migrates to the schema of September 2023, or on to today's.
// By its path, since the package exports no more than the server.
import { migrateDb } from "./node_modules/unleash-server/dist/migrator.js";

const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = process.env;
const db = { driver: "postgres", host, port, user, database, ssl: false, schema: "public", disableMigration: false };
await migrateDb({ db }, process.argv[2] === "old" ? "20230905122605-add-feature-naming-description" : undefined);
process.exit();
