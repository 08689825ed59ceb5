//! One conversation of a client with a server, as data: it can be repeated, shortened and shown.

use crate::harness::raw;
use std::fmt;

/// What a client sends, from the first byte on.
#[derive(Clone, Debug)]
pub struct Case {
    pub startup: Startup,
    pub steps: Vec<Step>,
    /// What the pieces are cut by in which everything is sent; `None` sends each message in one.
    pub pieces: Option<u64>,
}

/// How the conversation begins.
#[derive(Clone, Debug, Default)]
pub struct Startup {
    /// Packets before the last, each answered by one byte: requests of encryption.
    pub requests: Vec<Vec<u8>>,
    pub packet: Vec<u8>,
    pub shown: String,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Step {
    pub bytes: Vec<u8>,
    /// How it is shown to people.
    pub shown: String,
    /// The client reads the answers before it goes on.
    pub waits: bool,
    /// Nothing can follow it.
    pub last: bool,
}

impl Step {
    pub fn new(bytes: Vec<u8>, shown: String) -> Self {
        Self {
            bytes,
            shown,
            waits: false,
            last: false,
        }
    }

    pub fn query(sql: &str) -> Self {
        Self::new(raw::query(sql), format!("Query {sql:?}"))
    }
}

impl Case {
    /// What ends every conversation that has not ended itself: whatever the server waits for, it gets.
    pub fn ending() -> Vec<Step> {
        let mut steps = vec![
            Step::new(raw::frame(b'f', b"over\0"), "CopyFail".to_owned()),
            Step::new(raw::sync(), "Sync".to_owned()),
            Step::query("SELECT 'over'"),
            Step::new(raw::frame(b'X', b""), "Terminate".to_owned()),
        ];
        for step in &mut steps[1..3] {
            step.waits = true;
        }
        steps
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", self.startup.shown)?;
        for step in &self.steps {
            let mark = if step.waits { " (waits)" } else { "" };
            writeln!(f, "  {}{mark}", step.shown)?;
        }
        match self.pieces {
            Some(_) => writeln!(f, "  in pieces"),
            None => Ok(()),
        }
    }
}
