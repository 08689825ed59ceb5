//! The vocabulary of plans: what the proxy will do with a text that a client sent.

pub use crate::catalog::TargetClass;
use crate::error::ErrorReport;
use std::ops::Range;

/// What to do with one text of a `Query` or `Parse` message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Send it on as it is; nothing in it concerns the proxy.
    Forward,
    /// One or more statements, at least one of which the proxy must know of or change.
    Statements(Vec<Statement>),
    /// Answer this error instead; the statement must not reach the server.
    Refuse(ErrorReport),
}

impl Plan {
    /// The statements of a text that is neither forwarded nor refused as a whole.
    pub fn statements(&self) -> &[Statement] {
        match self {
            Self::Statements(statements) => statements,
            Self::Forward | Self::Refuse(_) => &[],
        }
    }

    /// Whether rows of its statements may hold names as the server prints them.
    pub fn prints_names(&self) -> bool {
        self.statements()
            .iter()
            .any(|statement| statement.prints_names)
    }
}

/// One statement of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands in the text: bytes, without the semicolon.
    pub range: Range<usize>,
    /// What to replace before sending it, sorted, not overlapping; positions are bytes of the whole text.
    pub splices: Vec<Splice>,
    pub action: Action,
    /// Its rows may hold names as the server prints them, which are to be shown as the client knows them.
    pub prints_names: bool,
}

impl Statement {
    /// A statement that is sent as it is.
    pub fn plain(range: Range<usize>) -> Self {
        Self {
            range,
            splices: Vec::new(),
            action: Action::None,
            prints_names: false,
        }
    }
}

/// A replacement of some bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    pub at: Range<usize>,
    pub with: String,
}

/// What a statement means to the session, beyond being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// It defines, alters or drops versioned objects.
    Ddl(Ddl),
    /// It changes what all branches share, such as an extension. On `main` only; nothing to record.
    Shared,
    /// `DO`, `CALL`: DDL may hide in it. Whether any did is asked of the server before commit.
    MayHideDdl,
    Transaction(Transaction),
    Setting(Setting),
    /// SQL-level `PREPARE name AS …`.
    Prepare {
        name: String,
    },
    /// SQL-level `EXECUTE name`.
    ExecutePrepared {
        name: String,
    },
    /// SQL-level `DEALLOCATE name`, or `ALL` without one.
    Deallocate {
        name: Option<String>,
    },
    /// A `PGGIT …` command; its text is the statement's range.
    Command,
    /// Not to be sent: the error to raise in its place (a database-wide object on a branch …).
    Refuse(ErrorReport),
}

impl Action {
    /// The prepared statement that SQL's own `EXECUTE` runs.
    pub fn executes(&self) -> Option<&str> {
        match self {
            Self::ExecutePrepared { name } => Some(name),
            Self::Ddl(ddl) => ddl.executes.as_deref(),
            _ => None,
        }
    }
}

/// A statement that changes the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that have nothing to do with each other"
)]
pub struct Ddl {
    /// What the text names, with the schema where it is given; logical names.
    pub targets: Vec<Target>,
    /// Set where names are not enough to know what changed.
    pub scope: Scope,
    /// A short description for a commit without a message: `ALTER TABLE public.users ADD COLUMN bio`.
    pub summary: String,
    /// It refuses to run in a transaction block (`CREATE INDEX CONCURRENTLY` …): recorded right after.
    pub outside_transaction: bool,
    /// It drops whole objects, columns or schemas.
    pub drops: bool,
    /// It is a `DROP TABLE`.
    pub drops_tables: bool,
    /// No lock tells what it drops.
    pub unlocked: bool,
    /// The prepared statement that it takes its rows from: `CREATE TABLE … AS EXECUTE name`.
    pub executes: Option<String>,
}

/// How far a statement's effects can reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The targets, and what the server locked for the statement.
    #[default]
    Targets,
    /// Everything in these logical schemas.
    Schemas(Vec<String>),
    /// Anything: `DROP OWNED`, `REASSIGN OWNED` …
    Everything,
}

/// An object that a DDL statement names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    pub class: TargetClass,
    /// `None` where the text leaves it to the search path.
    pub schema: Option<String>,
    pub name: String,
}

/// Transaction control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    Begin,
    /// `COMMIT` or `END`.
    Commit {
        chain: bool,
    },
    /// `ROLLBACK` or `ABORT`.
    Rollback {
        chain: bool,
    },
    Savepoint,
    ReleaseSavepoint,
    RollbackToSavepoint,
    /// `PREPARE TRANSACTION`: it leaves the session, and so must be recorded now.
    PrepareTransaction,
    /// `COMMIT PREPARED`, `ROLLBACK PREPARED`.
    FinishPrepared,
    /// `SET TRANSACTION`, `SET SESSION CHARACTERISTICS`.
    Characteristics,
}

/// A change of the settings that decide where names lead, or of `pggit.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `SET [LOCAL] pggit.branch`; `None` is `DEFAULT` and `RESET`.
    Branch { value: Option<String>, local: bool },
    /// `SET [LOCAL] search_path`: the logical schemas, `None` is `DEFAULT` and `RESET`.
    SearchPath {
        value: Option<Vec<String>>,
        local: bool,
    },
    /// `RESET ALL`, `DISCARD ALL`; the latter also drops prepared statements.
    All { discard: bool },
    /// `set_config(…)` somewhere in a query: what it did is asked of the server afterwards.
    /// `local` where its third argument is the constant true.
    Unknown { local: bool },
    /// `SHOW pggit.branch`.
    ShowBranch,
    /// `SHOW search_path`.
    ShowSearchPath,
    /// `SET ROLE`, `SET SESSION AUTHORIZATION`.
    Role,
}
