//! `pg_dump` is the judge: whatever it prints for a schema survives a branch, a merge and a migration unchanged.
//!
//! A *subject* is a script that makes a schema (`schema/*.sql`) and one that changes it (`change/*.sql`: alters, renames,
//! adds and drops). Both are run directly, in a database without pgGit, whose dumps say what is expected; and
//! through the proxy, in every way in which a schema can get somewhere:
//!
//! | way | from | to |
//! |---|---|---|
//! | `main` | the script, statement by statement through the proxy | the first dump |
//! | branch | `PGGIT BRANCH` of `main` | the first dump |
//! | seen | `pg_dump` of the branch, through the proxy | the first dump |
//! | created | `PGGIT DIFF` from an empty branch `AS SQL`, by psql, in an empty database | the first dump |
//! | changed | the change, on the branch | the second dump |
//! | back | `PGGIT DIFF` from branch to `main` `AS SQL`, by psql, where the second dump came from | the first dump |
//! | forth | `PGGIT DIFF` from `main` to branch `AS SQL`, by psql, there | the second dump |
//! | merged | `PGGIT MERGE` of the branch into `main` | the second dump |
//!
//! [`dump`] says what is normalised before two dumps are compared.

#[path = "../harness/mod.rs"]
mod harness;

mod dump;
mod journey;
mod random;
mod subjects;
mod undone;
