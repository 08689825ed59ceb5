//! DDL that has run in a transaction and awaits its commit.

use crate::sql::plan::{Ddl, Scope, Target};
use std::collections::BTreeSet;

/// What a session collects from a transaction's statements until it captures them.
///
/// Rolling back to a savepoint takes nothing from it: naming too much costs a look, naming too
/// little would lose a change. Only `statements` is cut back.
#[derive(Clone, Debug, Default)]
pub struct PendingDdl {
    /// The statements as the client wrote them, in order.
    pub statements: Vec<String>,
    /// Their short descriptions, for a commit without a message.
    pub summaries: Vec<String>,
    /// Logical names, each with the branch the session was on.
    pub targets: BTreeSet<(String, Target)>,
    pub scopes: Vec<(String, Scope)>,
    /// Branches that lost objects that nothing is locked of any more, nor found by its name.
    pub lost: BTreeSet<String>,
    /// Something ran whose text does not tell what it changed: DDL may hide in it, or it says whose objects it changes alone.
    pub may_hide: bool,
    /// `pggit.message`, where the client has set one.
    pub message: Option<String>,
}

impl PendingDdl {
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && !self.may_hide
    }

    /// Notes a DDL statement that ran on `branch`.
    pub fn add(&mut self, branch: &str, text: &str, ddl: &Ddl) {
        self.statements.push(text.to_owned());
        self.summaries.push(ddl.summary.clone());
        self.targets.extend(
            ddl.targets
                .iter()
                .map(|target| (branch.to_owned(), target.clone())),
        );
        if ddl.drops && (ddl.outside_transaction || ddl.unlocked) {
            self.lost.insert(branch.to_owned());
        }
        if ddl.scope == Scope::Everything && !ddl.outside_transaction {
            // What is not this transaction's is left alone: others may be dropping it.
            self.may_hide = true;
        } else if ddl.scope != Scope::Targets {
            self.scopes.push((branch.to_owned(), ddl.scope.clone()));
        }
    }

    /// The commit's message: the client's own, else what the statements did.
    pub fn message(&self) -> String {
        match &self.message {
            Some(message) if !message.is_empty() => message.clone(),
            _ if self.summaries.is_empty() => "DDL inside a block or a procedure".to_owned(),
            _ => self.summaries.join("; "),
        }
    }

    /// Forgets the statements after the first `len`: the session rolled back to a savepoint.
    pub fn truncate(&mut self, len: usize) {
        self.statements.truncate(len);
        self.summaries.truncate(len);
    }
}
