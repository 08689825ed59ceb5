//! Every form a command can take: one table behind `PGGIT HELP` and the hints of syntax errors.

/// One form of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub syntax: &'static str,
    pub description: &'static str,
}

const fn form(syntax: &'static str, description: &'static str) -> Form {
    Form {
        syntax,
        description,
    }
}

/// In the order in which `PGGIT HELP` shows them.
pub const FORMS: &[Form] = &[
    form(
        "PGGIT STATUS",
        "Show the session's branch, its head and what it has not recorded",
    ),
    form(
        "PGGIT HELP [<command>]",
        "List the commands, or the forms of one",
    ),
    form("PGGIT VERSION", "Show the proxy's version"),
    form(
        "PGGIT VERIFY",
        "Hash all of history again, and name what is not as it should be",
    ),
    form("PGGIT INIT", "Put this database under version control"),
    form("PGGIT BRANCH [LIST]", "List the branches"),
    form(
        "PGGIT BRANCH <name> [FROM <ref>] [EXPIRES '<interval>' | NEVER]",
        "Create a branch; its tables start empty",
    ),
    form(
        "PGGIT BRANCH EXPIRE <name> IN '<interval>' | NEVER",
        "Drop a branch when nobody has used it for so long; its commits stay",
    ),
    form("PGGIT BRANCH RENAME <name> TO <name>", "Rename a branch"),
    form(
        "PGGIT BRANCH DELETE <name> [FORCE]",
        "Delete a branch and its schemas; FORCE if it is not merged",
    ),
    form("PGGIT CHECKOUT <branch>", "Move the session to a branch"),
    form(
        "PGGIT CHECKOUT NEW <branch> [FROM <ref>]",
        "Create a branch and move the session to it",
    ),
    form(
        "PGGIT COMMIT ['<message>']",
        "Record what changed without the proxy seeing it",
    ),
    form("PGGIT TAG [LIST]", "List the tags"),
    form(
        "PGGIT TAG <name> [<ref>] [MESSAGE '<message>']",
        "Give a commit a name that never moves",
    ),
    form(
        "PGGIT TAG DELETE <name>",
        "Take a name away; the commit stays",
    ),
    form(
        "PGGIT LOG [<ref>] [FOR <object>] [AUTHOR '<role>'] [SINCE '<time>'] [UNTIL '<time>'] [LIMIT <n>] [GRAPH]",
        "Show commits, newest first; GRAPH draws what descends from what",
    ),
    form(
        "PGGIT SHOW <ref>",
        "Show one commit: who, when, which statements, what changed",
    ),
    form(
        "PGGIT SHOW SCHEMA [AT <ref>] [FOR <object>]",
        "Show the schema at a ref, or an object of it, as SQL",
    ),
    form(
        "PGGIT HISTORY <object> [FROM <ref>]",
        "Show every version of an object, newest first, under whatever names it had",
    ),
    form(
        "PGGIT BLAME <object> [AT <ref>]",
        "Show who last changed each column, constraint, index and grant",
    ),
    form(
        "PGGIT IMPACT <object> [AT <ref>]",
        "Show what would break if an object or a column was dropped",
    ),
    form(
        "PGGIT DIFF [<ref> [<ref>]] [AS SQL | AS JSON]",
        "Show what leads from one schema to another",
    ),
    form(
        "PGGIT MERGE <source> [, …] [INTO <target>] [STRATEGY <strategy>] [SQUASH | NO FF | FF ONLY] [MESSAGE '<message>'] [DRY RUN] [ALLOW DATA LOSS]",
        "Merge one branch or several into another; strategies are auto, source_wins, target_wins, manual_review, union",
    ),
    form(
        "PGGIT MERGE BASE <ref> <ref>",
        "Show the best common ancestor of two refs",
    ),
    form(
        "PGGIT MERGE CONTINUE <merge> [ALLOW DATA LOSS]",
        "Complete a merge whose conflicts are resolved",
    ),
    form("PGGIT MERGE ABORT <merge>", "Give up a merge"),
    form(
        "PGGIT MERGE SHOW <merge>",
        "Show all that is kept of a merge: objects, decisions, statements",
    ),
    form("PGGIT MERGES", "List merges and their state"),
    form(
        "PGGIT MERGE REQUEST <source> [INTO <branch>] [MESSAGE '<message>']",
        "Ask others to approve a merge",
    ),
    form(
        "PGGIT MERGE REQUEST CLOSE <request>",
        "Give up a merge request",
    ),
    form(
        "PGGIT MERGE REQUESTS",
        "List merge requests and their approvals",
    ),
    form(
        "PGGIT APPROVE <request> ['<comment>']",
        "Approve of a merge request's source as it is now",
    ),
    form(
        "PGGIT PROTECT <branch> [ROLES <role>, …] [APPROVALS <n>]",
        "Let only merges change a branch: of these roles' members, after so many approvals",
    ),
    form("PGGIT PROTECT [LIST]", "List the protected branches"),
    form("PGGIT UNPROTECT <branch>", "Lift a branch's protection"),
    form("PGGIT CONFLICTS <merge>", "List the conflicts of a merge"),
    form(
        "PGGIT RESOLVE <merge> <conflict> WITH SOURCE | TARGET | BASE | CUSTOM $$<ddl>$$",
        "Decide a conflict",
    ),
    form(
        "PGGIT RESOLVE <merge> REMEMBERED",
        "Decide conflicts that an earlier merge had as well as they were decided there",
    ),
    form(
        "PGGIT DROPPED",
        "List dropped tables whose rows can come back, and until when",
    ),
    form(
        "PGGIT DROPPED PURGE <n>",
        "Let a dropped table's rows go at once",
    ),
    form(
        "PGGIT CHERRY PICK <ref>[..<ref>] [PARENT <n>] [INTO <branch>] [STRATEGY <strategy>] [MESSAGE '<message>'] [DRY RUN] [ALLOW DATA LOSS]",
        "Bring what single commits have changed to a branch",
    ),
    form(
        "PGGIT REBASE [<branch>] ONTO <ref> [DRY RUN] [ALLOW DATA LOSS]",
        "Work a branch's own commits out anew upon another commit",
    ),
    form(
        "PGGIT REBASE CONTINUE [<branch>] [ALLOW DATA LOSS]",
        "Go on with a rebase whose conflicts are resolved",
    ),
    form(
        "PGGIT REBASE SKIP [<branch>] [ALLOW DATA LOSS]",
        "Leave out the commit that conflicts, and go on",
    ),
    form(
        "PGGIT REBASE ABORT [<branch>]",
        "Give up a rebase; the branch is where it was",
    ),
    form(
        "PGGIT REVERT <ref>[..<ref>] [PARENT <n>] [INTO <branch>] [STRATEGY <strategy>] [MESSAGE '<message>'] [DRY RUN] [ALLOW DATA LOSS]",
        "Take back what a commit, a range of commits or a merge did; what came later stays",
    ),
    form(
        "PGGIT ROLLBACK TO <ref> [DRY RUN] [ALLOW DATA LOSS]",
        "Give the branch the schema of a ref",
    ),
    form(
        "PGGIT ROLLBACK TO TIMESTAMP '<time>' [DRY RUN] [ALLOW DATA LOSS]",
        "Give the branch the schema that it had then",
    ),
    form(
        "PGGIT UNDO <object> [, …] FROM <ref> [DRY RUN] [ALLOW DATA LOSS]",
        "Make single objects what they were, with all that belongs to them",
    ),
];

/// The forms of the command that starts with the word `topic`.
pub fn forms(topic: &str) -> impl Iterator<Item = &'static Form> {
    FORMS.iter().filter(move |form| {
        form.syntax
            .split(' ')
            .nth(1)
            .is_some_and(|word| word.eq_ignore_ascii_case(topic))
    })
}

/// A hint that shows how the command is written.
pub fn usage(topic: &str) -> String {
    let lines: Vec<&str> = forms(topic).map(|form| form.syntax).collect();
    match lines.as_slice() {
        [] => UNKNOWN_COMMAND.to_owned(),
        [line] => format!("Usage: {line}"),
        lines => format!("Usage:\n  {}", lines.join("\n  ")),
    }
}

/// The hint for a command that does not exist.
pub const UNKNOWN_COMMAND: &str = "PGGIT HELP lists the commands.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_describes_every_form() {
        let reference = include_str!("../../docs/commands.md");
        for form in FORMS {
            let heading = format!("### `{}`\n", form.syntax);
            assert!(reference.contains(&heading), "{}", form.syntax);
        }
    }

    #[test]
    fn usage_shows_all_forms_of_a_command() {
        assert_eq!(usage("conflicts"), "Usage: PGGIT CONFLICTS <merge>");
        assert_eq!(usage("BRANCH").lines().count(), 6);
        assert_eq!(usage("push"), UNKNOWN_COMMAND);
    }
}
