//! What a commit is, and how it gets its name.

use super::hash::{CommitHash, TreeHash};
use serde::{Deserialize, Serialize};

/// One moment in a branch's history. Its hash covers every field, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub tree: TreeHash,
    /// The first is the branch's previous head; a merge's second is the head merged in.
    pub parents: Vec<CommitHash>,
    /// The role of the session.
    pub author: String,
    /// Its `application_name`.
    pub application: String,
    /// The client's address, as a person reads it.
    pub address: String,
    /// Microseconds since the Unix epoch, by the server's clock.
    pub time_micros: i64,
    pub message: String,
    /// As the client wrote them.
    pub statements: Vec<String>,
}

impl Commit {
    /// SHA-256 of the canonical JSON: fields in the order of their declaration, no spaces.
    pub fn hash(&self) -> CommitHash {
        let json = serde_json::to_vec(self).expect("strings, numbers and lists are always JSON");
        CommitHash::of(&json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit() -> Commit {
        Commit {
            tree: TreeHash::of(b"tree"),
            parents: vec![CommitHash::of(b"parent")],
            author: "ada".to_owned(),
            application: "psql".to_owned(),
            address: "127.0.0.1:5000".to_owned(),
            time_micros: 1,
            message: "m".to_owned(),
            statements: vec!["CREATE TABLE t ()".to_owned()],
        }
    }

    #[test]
    fn every_field_moves_the_hash() {
        let changes: [fn(&mut Commit); 10] = [
            |c| c.tree = TreeHash::of(b"other"),
            |c| c.parents.clear(),
            |c| c.parents.push(CommitHash::of(b"second")),
            |c| c.author.push('x'),
            |c| c.application.push('x'),
            |c| c.address.push('x'),
            |c| c.time_micros += 1,
            |c| c.message.push('x'),
            |c| c.statements.push(String::new()),
            |c| c.statements = vec!["CREATE TABLE t".to_owned(), " ()".to_owned()],
        ];
        let mut seen = std::collections::HashSet::from([commit().hash()]);
        for change in changes {
            let mut changed = commit();
            change(&mut changed);
            assert!(seen.insert(changed.hash()));
        }
    }

    #[test]
    fn the_hash_of_a_commit_never_changes_between_releases() {
        assert_eq!(commit().hash().short(), "9ac0f65673dc");
    }
}
