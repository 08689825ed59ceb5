//! What a parsed statement means to the session: its [`Action`].

mod ddl;
mod objects;
mod settings;
mod summary;

use super::catalogs::is_own_statement;
use super::plan::{Action, Ddl, Scope, Setting, Target, Transaction};
use super::tokens::{Kind, Tokens};
use crate::branch::BranchMap;
use crate::error::{ErrorReport, SqlState};
use pg_query::NodeEnum;
use pg_query::protobuf::{
    DeallocateStmt, DiscardMode, ExecuteStmt, ExplainStmt, IntoClause, Node, SelectStmt,
    TransactionStmtKind,
};
use std::ops::Range;

pub use summary::summary;

/// One statement, and what is needed to judge it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub tokens: &'a Tokens<'a>,
    pub map: &'a BranchMap,
}

/// What kind of thing a statement changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Versioned with the branch.
    Versioned,
    /// Of the database, and so of all its branches: these, in the plural.
    Shared(&'static str),
    /// Of the cluster, or nothing that is versioned.
    Other,
}

impl Source<'_> {
    /// The action of a statement that stands at these tokens.
    pub fn action(&self, statement: &NodeEnum, at: &Range<usize>) -> Action {
        match self.statement(statement, at) {
            Action::None => self.set_config(at).map_or(Action::None, Action::Setting),
            action => action,
        }
    }

    fn statement(&self, statement: &NodeEnum, at: &Range<usize>) -> Action {
        match statement {
            NodeEnum::SelectStmt(select) => match into_clause(select) {
                Some(into) => self.ddl(at, ddl::creating(into.rel.as_ref())),
                None => Action::None,
            },
            NodeEnum::TransactionStmt(control) => {
                transaction(control.kind(), control.chain).map_or(Action::None, Action::Transaction)
            }
            NodeEnum::VariableSetStmt(set) => settings::set(set),
            NodeEnum::VariableShowStmt(show) => settings::show(&show.name),
            NodeEnum::DiscardStmt(discard) => match discard.target() {
                DiscardMode::DiscardAll => Action::Setting(Setting::All { discard: true }),
                _ => Action::None,
            },
            NodeEnum::DoStmt(_) | NodeEnum::CallStmt(_) => Action::MayHideDdl,
            NodeEnum::PrepareStmt(prepare) => Action::Prepare {
                name: prepare.name.clone(),
            },
            NodeEnum::ExecuteStmt(ExecuteStmt { name, .. })
            | NodeEnum::DeallocateStmt(DeallocateStmt { name, .. })
                if is_own_statement(name) =>
            {
                Action::Refuse(no_such_statement(name))
            }
            NodeEnum::ExecuteStmt(execute) => Action::ExecutePrepared {
                name: execute.name.clone(),
            },
            NodeEnum::DeallocateStmt(deallocate) => Action::Deallocate {
                name: (!deallocate.isall).then(|| deallocate.name.clone()),
            },
            NodeEnum::ExplainStmt(explain) => self.explained(explain, at),
            NodeEnum::DropOwnedStmt(_)
            | NodeEnum::ReassignOwnedStmt(_)
            | NodeEnum::AlterTableMoveAllStmt(_)
                if !self.map.is_main() =>
            {
                Action::Refuse(reaches_all(self.map.branch()))
            }
            NodeEnum::CreateSchemaStmt(create)
                if !self.map.is_main() && ddl::is_named_by_server(create) =>
            {
                Action::Refuse(nameless_schema(self.map.branch()))
            }
            other => match ddl::class(other) {
                Class::Versioned => self.ddl(at, ddl::describe(other)),
                Class::Shared(_) if self.map.is_main() => Action::Shared,
                Class::Shared(_) if self.is_there_already(other) => Action::None,
                Class::Shared(what) => Action::Refuse(shared(what, self.map.branch())),
                Class::Other => Action::None,
            },
        }
    }

    /// Many migrations make sure of an extension. Where it is installed, the server does no more than say so.
    fn is_there_already(&self, statement: &NodeEnum) -> bool {
        let NodeEnum::CreateExtensionStmt(create) = statement else {
            return false;
        };
        create.if_not_exists && self.map.shared().extensions.contains(&create.extname)
    }

    fn explained(&self, explain: &ExplainStmt, at: &Range<usize>) -> Action {
        let Some(query) = node(explain.query.as_deref()) else {
            return Action::None;
        };
        match query {
            NodeEnum::ExecuteStmt(_) => self.statement(query, at),
            _ if runs_query(explain) => self.statement(query, at),
            _ => Action::None,
        }
    }

    /// The action for DDL; nothing if all it makes is temporary.
    fn ddl(&self, at: &Range<usize>, described: Option<Ddl>) -> Action {
        let Some(mut ddl) = described else {
            return Action::None;
        };
        let logical = |schema: String| match self.map.logical_schema(&schema) {
            Some(logical) => logical.to_owned(),
            None => schema,
        };
        for target in &mut ddl.targets {
            target.schema = target.schema.take().map(logical);
            if target.class == super::plan::TargetClass::Schema {
                target.name = logical(std::mem::take(&mut target.name));
            }
        }
        if let Scope::Schemas(schemas) = &mut ddl.scope {
            *schemas = std::mem::take(schemas).into_iter().map(logical).collect();
        }
        ddl.targets.sort();
        ddl.targets.dedup();
        ddl.summary = summary(self.tokens, at);
        Action::Ddl(ddl)
    }

    /// `set_config(…)` among the tokens.
    pub fn set_config(&self, at: &Range<usize>) -> Option<Setting> {
        let tokens = self.tokens;
        let mut found = None;
        for index in at.clone() {
            if tokens.kind(index + 1) == Some(Kind::Ascii40) && tokens.is_name(index, "set_config")
            {
                let closing = closing_parenthesis(tokens, index + 1, at.end);
                let local = closing.is_some_and(|closing| {
                    tokens.kind_before(closing, 1) == Some(Kind::TrueP)
                        && tokens.kind_before(closing, 2) == Some(Kind::Ascii44)
                });
                // Several calls: the setting outlives the transaction if any of them does.
                found = Some(found.unwrap_or(true) && local);
            }
        }
        found.map(|local| Setting::Unknown { local })
    }
}

/// The token that closes the parenthesis opened at `open`.
pub(super) fn closing_parenthesis(tokens: &Tokens<'_>, open: usize, end: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (open..end).find(|index| {
        match tokens.kind(*index) {
            Some(Kind::Ascii40) => depth += 1,
            Some(Kind::Ascii41) => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// `EXPLAIN ANALYZE` runs what it explains.
pub fn runs_query(explain: &ExplainStmt) -> bool {
    explain.options.iter().any(|option| {
        matches!(&option.node, Some(NodeEnum::DefElem(option)) if option.defname == "analyze")
    })
}

/// The `INTO` of a `SELECT`; of set operations, the leftmost `SELECT` has it.
fn into_clause(select: &SelectStmt) -> Option<&IntoClause> {
    let mut leftmost = select;
    while let Some(left) = leftmost.larg.as_deref() {
        leftmost = left;
    }
    leftmost.into_clause.as_deref()
}

fn transaction(kind: TransactionStmtKind, chain: bool) -> Option<Transaction> {
    Some(match kind {
        TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
            Transaction::Begin
        }
        TransactionStmtKind::TransStmtCommit => Transaction::Commit { chain },
        TransactionStmtKind::TransStmtRollback => Transaction::Rollback { chain },
        TransactionStmtKind::TransStmtSavepoint => Transaction::Savepoint,
        TransactionStmtKind::TransStmtRelease => Transaction::ReleaseSavepoint,
        TransactionStmtKind::TransStmtRollbackTo => Transaction::RollbackToSavepoint,
        TransactionStmtKind::TransStmtPrepare => Transaction::PrepareTransaction,
        TransactionStmtKind::TransStmtCommitPrepared
        | TransactionStmtKind::TransStmtRollbackPrepared => Transaction::FinishPrepared,
        TransactionStmtKind::Undefined => return None,
    })
}

fn shared(what: &str, branch: &str) -> ErrorReport {
    ErrorReport::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("cannot change {what} on branch \"{branch}\""),
    )
    .with_detail("They belong to the whole database, and all branches share them.")
    .with_hint("Switch to main (PGGIT CHECKOUT main) and run it there.")
}

fn reaches_all(branch: &str) -> ErrorReport {
    ErrorReport::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("cannot change objects by their owner or tablespace on branch \"{branch}\""),
    )
    .with_detail("The statement would reach the objects of all branches.")
    .with_hint("Name the objects.")
}

fn nameless_schema(branch: &str) -> ErrorReport {
    ErrorReport::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("cannot create a schema without a name on branch \"{branch}\""),
    )
    .with_hint("CREATE SCHEMA name AUTHORIZATION role.")
}

/// What the server says where there is none of that name.
fn no_such_statement(name: &str) -> ErrorReport {
    ErrorReport::new(
        SqlState::INVALID_SQL_STATEMENT_NAME,
        format!("prepared statement \"{name}\" does not exist"),
    )
}

fn node(node: Option<&Node>) -> Option<&NodeEnum> {
    node?.node.as_ref()
}

/// A description of DDL with these targets.
fn with_targets(targets: Vec<Target>) -> Ddl {
    Ddl {
        targets,
        ..Ddl::default()
    }
}

#[cfg(test)]
mod tests;
