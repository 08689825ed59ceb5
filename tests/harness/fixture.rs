//! A database of its own for each test.

use super::programs::dump_schema;
use super::raw::RawClient;
use super::{Postgres, Proxy, Session};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// What the shared server is, as `server_version_num`.
pub async fn server_version() -> u32 {
    let session = Session::connect(&Postgres::shared().url("postgres", "postgres")).await;
    let version = session.value("SHOW server_version_num").await;
    version.parse().expect("a number")
}

/// A fresh database, owned by an ordinary role of its own.
pub struct Database {
    pub name: String,
    /// Owns the database; no superuser.
    pub owner: String,
    pub server: &'static Postgres,
}

impl Database {
    pub async fn create() -> Self {
        Self::create_on(Postgres::shared()).await
    }

    /// In an encoding of its own.
    pub async fn create_in(encoding: &str) -> Self {
        let options = format!("TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'");
        Self::create_with(Postgres::shared(), &options).await
    }

    pub async fn create_on(server: &'static Postgres) -> Self {
        Self::create_with(server, "").await
    }

    async fn create_with(server: &'static Postgres, options: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let database = Self {
            name: format!("test_{number}"),
            owner: format!("owner_{number}"),
            server,
        };
        let admin = Session::connect(&server.url("postgres", "postgres")).await;
        admin
            .run(&format!("CREATE ROLE {} LOGIN", database.owner))
            .await;
        admin
            .run(&format!(
                "CREATE DATABASE {} OWNER {} {options}",
                database.name, database.owner
            ))
            .await;
        database
    }

    /// A database without pgGit, of the same owner.
    pub async fn sibling(&self, suffix: &str) -> Self {
        let name = format!("{}_{suffix}", self.name);
        let owner = self.owner.clone();
        let admin = self.superuser().await;
        admin
            .run(&format!("CREATE DATABASE {name} OWNER {owner}"))
            .await;
        let server = self.server;
        Self {
            name,
            owner,
            server,
        }
    }

    /// Where its owner connects, past the proxy.
    pub fn url(&self) -> String {
        self.server.url(&self.owner, &self.name)
    }

    /// As superuser, past the proxy.
    pub async fn superuser(&self) -> Session {
        Session::connect(&self.server.url("postgres", &self.name)).await
    }

    /// As the owner, past the proxy.
    pub async fn direct(&self) -> Session {
        Session::connect(&self.server.url(&self.owner, &self.name)).await
    }

    /// Creates a further login role, named after this database.
    pub async fn role(&self, suffix: &str) -> String {
        let role = format!("{}_{suffix}", self.name);
        let admin = self.superuser().await;
        admin.run(&format!("CREATE ROLE {role} LOGIN")).await;
        role
    }
}

/// A database under version control, and a proxy in front of it.
pub struct Fixture {
    pub database: Database,
    pub proxy: Proxy,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::on(Postgres::shared()).await
    }

    pub async fn on(server: &'static Postgres) -> Self {
        let fixture = Self {
            database: Database::create_on(server).await,
            proxy: Proxy::start_with(server, &[]),
        };
        let admin = fixture.connect_as("postgres").await;
        admin.run("PGGIT INIT").await;
        fixture
    }

    /// With a table `users (id, name)` on `main` with the row (1, 'ada'), a branch `feature` of it, and a session on each.
    pub async fn with_users() -> (Self, Session, Session) {
        let fixture = Self::new().await;
        let main = fixture.connect().await;
        main.run("CREATE TABLE users (id int PRIMARY KEY, name text)")
            .await;
        main.run("INSERT INTO users VALUES (1, 'ada')").await;
        main.run("PGGIT BRANCH feature").await;
        let feature = fixture.connect_on("feature").await;
        (fixture, main, feature)
    }

    /// What pg_dump writes of the schema `public` of `main`, past the proxy.
    pub fn dump_of_main(&self) -> String {
        dump_schema(&self.database.url(), "public", None)
    }

    /// The connection string that the owner uses.
    pub fn url(&self) -> String {
        self.proxy.url(&self.database.owner, &self.database.name)
    }

    /// The same with the branch in the database's name.
    pub fn url_on(&self, branch: &str) -> String {
        format!("{}@{branch}", self.url())
    }

    /// As the owner, through the proxy, on `main`.
    pub async fn connect(&self) -> Session {
        Session::connect(&self.url()).await
    }

    /// As the owner, through the proxy, on `branch`.
    pub async fn connect_on(&self, branch: &str) -> Session {
        let session = self.connect().await;
        session.run(&format!("SET pggit.branch = '{branch}'")).await;
        session
    }

    pub async fn connect_as(&self, role: &str) -> Session {
        Session::connect(&self.proxy.url(role, &self.database.name)).await
    }

    /// As the owner, through the proxy, on `main`, in bytes.
    pub async fn raw(&self) -> RawClient {
        RawClient::connect(self.proxy.port(), &self.database.owner, &self.database.name).await
    }

    /// As the owner, past the proxy.
    pub async fn direct(&self) -> Session {
        self.database.direct().await
    }

    pub async fn superuser(&self) -> Session {
        self.database.superuser().await
    }

    /// Waits until a branch has all its objects: a look at the catalogs needs them all. Whoever looks past the proxy,
    /// which does not wait for him, calls this first.
    pub async fn complete(&self, branch: &str) {
        let session = self.connect_on(branch).await;
        session.run("SELECT count(*) FROM pg_class").await;
    }

    /// The statements of the branch's commits after the first, oldest first, each commit's joined with `; `.
    /// Read from the tables, past the proxy.
    pub async fn statements(&self, branch: &str) -> Vec<String> {
        let sql = format!(
            "WITH RECURSIVE line (hash, depth) AS (
                 SELECT head, 0 FROM pggit.branch WHERE name = '{branch}'
                 UNION ALL
                 SELECT parent.parent, line.depth + 1
                 FROM line
                 JOIN LATERAL (
                     SELECT p.parent FROM pggit.commit_parent p
                     WHERE p.commit = line.hash ORDER BY p.ordinal LIMIT 1
                 ) AS parent ON true
             )
             SELECT array_to_string(c.statements, '; ')
             FROM line JOIN pggit.commit c USING (hash)
             WHERE EXISTS (SELECT FROM pggit.commit_parent p WHERE p.commit = c.hash)
             ORDER BY line.depth DESC"
        );
        self.superuser().await.column(&sql).await
    }
}
