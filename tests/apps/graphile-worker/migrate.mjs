// Migrates to the schema of release 0.13, or on to today's.
import { runMigrations } from "graphile-worker";
import { runMigrations as runOldMigrations } from "graphile-worker-old";

const migrate = process.argv[2] === "old" ? runOldMigrations : runMigrations;
await migrate({ connectionString: process.env.DATABASE_URL });
process.exit();
