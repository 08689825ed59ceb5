//! pgGit: a transparent PostgreSQL wire-protocol proxy that gives a database what git gives source code.
//!
//! The modules are the layers of the system, and each may use only those listed below it:
//!
//! | layer | what it is for |
//! |---|---|
//! | [`cli`] | how a person starts it: `serve`, `dev`, `init`, `verify`, `export`, `import`, `check-config` |
//! | [`server`] | how a connection arrives: listener, TLS, drain, the operator's port |
//! | [`session`] | one client: how bytes flow, transaction state, reply queue, prepared statements |
//! | [`command`] | the `PGGIT …` grammar and one handler per command; only translates |
//! | [`repo`] | what the product does: branch, commit, diff, merge |
//! | [`sql`] | what a statement means: scan, plan, plan cache, splice |
//! | [`branch`] | where a branch lives: physical names and their registry |
//! | [`merge`] | three-way merge over definitions; pure |
//! | [`store`] | commits, trees, refs and merges in the `pggit` schema |
//! | [`catalog`] | live catalogs → schema model |
//! | [`schema`] | the typed model, its canonical form, diff, DDL rendering; pure |
//! | [`upstream`] | how the proxy's own SQL reaches the server |
//! | [`wire`] | frames, the startup packet, the messages the proxy speaks; knows no SQL |
//! | [`config`], [`telemetry`], [`error`] | known to all |
//!
//! `docs/architecture.md` is the tour.
#![forbid(unsafe_code)]
pub mod branch;
pub mod catalog;
pub mod cli;
pub mod command;
pub mod config;
pub mod error;
pub mod merge;
pub mod repo;
pub mod schema;
pub mod server;
pub mod session;
pub mod sql;
pub mod store;
pub mod telemetry;
pub mod upstream;
pub mod wire;
