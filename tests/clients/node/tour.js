// Runs statements with node-postgres and prints what each returned.
//
//     node tour.js simple|extended <connection string>
//
// Standard input: a JSON array of statements. Standard output: a JSON array of strings.

const fs = require("node:fs");
const { Client } = require("pg");

async function main() {
  const [protocol, connectionString] = process.argv.slice(2);
  const client = new Client({ connectionString });
  await client.connect();
  const printed = [];
  for (const text of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const result = await client.query({ text, queryMode: protocol });
    printed.push(result.rows.map((row) => Object.values(row).map(String).join("|")).join("\n"));
  }
  await client.end();
  process.stdout.write(JSON.stringify(printed));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
