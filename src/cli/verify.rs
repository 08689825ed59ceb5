//! `pggit verify`.

use super::error::CliError;
use super::target::Target;
use crate::error::Report;
use crate::repo;
use crate::store::verify::{Progress, Verdict};
use clap::Args;
use std::io::{IsTerminal, Write};

const ABOUT: &str = "\
Reads all of a database's history and hashes everything again: objects, trees, commits. Checks that whatever they
name exists, that trees have the shape their content demands, that what is derived follows, and that branches are
where the reflog says. Of each part the first row that is wrong is shown: what it says and what it should say.

Ends with status 0 if everything is as it should be, and with 1 if not.";

#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(super) struct Verify {
    #[command(flatten)]
    target: Target,

    /// The database whose history to verify; may be repeated
    #[arg(long, value_name = "NAME", required = true)]
    database: Vec<String>,
}

impl Verify {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let (_, pools) = self.target.connect()?;
        let mut damaged = Vec::new();
        for database in &self.database {
            let failed = |report| CliError::Database(database.clone(), report);
            let mut connection = pools
                .get(database)
                .await
                .map_err(|error| failed(error.report()))?;
            let mut line = ProgressLine::new();
            let verdict = repo::verify(&mut connection, &mut |progress| line.show(progress)).await;
            line.clear();
            let verdict = verdict.map_err(failed)?;
            println!("{}", told(database, &verdict));
            if !verdict.is_sound() {
                damaged.push(database.clone());
            }
        }
        if damaged.is_empty() {
            Ok(())
        } else {
            Err(CliError::Damaged(damaged))
        }
    }
}

fn told(database: &str, verdict: &Verdict) -> String {
    let extent = verdict.extent;
    let mut lines = vec![format!(
        "database \"{database}\": {} commits, {} tree nodes, {} objects verified: {}",
        extent.commits,
        extent.nodes,
        extent.objects,
        if verdict.is_sound() {
            "history is sound"
        } else {
            "history is damaged"
        }
    )];
    for (part, (finding, count)) in &verdict.findings {
        lines.push(match count {
            1 => format!("{part}: {}", finding.row),
            count => format!("{part}: {}, the first of {count}", finding.row),
        });
        lines.push(format!("  says:      {}", finding.says));
        lines.push(format!("  should be: {}", finding.expected));
    }
    lines.join("\n")
}

/// One line on a terminal that is written over and over.
struct ProgressLine {
    shows: bool,
}

impl ProgressLine {
    fn new() -> Self {
        Self {
            shows: std::io::stderr().is_terminal(),
        }
    }

    fn show(&self, progress: Progress) {
        let (done, total) = (progress.done, progress.total);
        self.write(&format!(
            "objects {}/{}, tree nodes {}/{}, commits {}/{}",
            done.objects, total.objects, done.nodes, total.nodes, done.commits, total.commits
        ));
    }

    fn clear(&mut self) {
        self.write("");
    }

    fn write(&self, text: &str) {
        if self.shows {
            // A terminal that went away is nothing to stop for.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}
