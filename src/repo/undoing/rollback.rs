//! Rolling back: the whole branch becomes what a ref has.

use super::findings::{self, Finding};
use super::history::first_parents;
use super::restore::{Present, Restore, Worked};
use crate::repo::database::Database;
use crate::repo::error::RepoError;

pub async fn work_out(
    database: &Database,
    asked: &Restore,
    present: &Present,
) -> Result<Worked, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let target = asked.from.resolve(database, &mut reader).await?;
    let commit = store.commit(&mut reader, target).await?;
    let after = database.snapshot(commit.tree).await?;
    let mut found = vec![Finding::commit(target, &commit, "is gone back to")];
    let object = format!("commit {}", target.short());
    let now = present.head.commit;
    if !store.is_ancestor(&mut reader, target, now).await? {
        found.push(Finding::warning(
            "branch",
            object,
            format!(
                "it is not in the history of branch \"{}\", which gets its schema all the same",
                asked.branch
            ),
        ));
    } else if let Some(line) = first_parents(store, &mut reader, (target, now)).await? {
        for (hash, commit) in &line {
            found.push(Finding::commit(*hash, commit, "is undone"));
        }
    }
    found.extend(findings::ledgers(database, &after));
    Ok(Worked {
        commit: target,
        findings: found,
        after: Some(after),
    })
}
