// Creates the schema as the first release of version 10 did, or brings it to that of the last.
import PgBoss from "pg-boss";
import OldPgBoss from "pg-boss-old";

const Release = process.argv[2] === "old" ? OldPgBoss : PgBoss;
const boss = new Release({ connectionString: process.env.DATABASE_URL, schedule: false, supervise: false });
boss.on("error", (error) => {
  throw error;
});
await boss.start();
await boss.stop({ graceful: false, wait: true });
