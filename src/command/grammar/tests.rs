use super::*;
use crate::command::ast::{
    CherryPick, DiffFormat, Log, Merge, ObjectName, Rebase, ResolveWith, Revert, Rollback,
    RollbackTo, TagCommand, Undo,
};
use crate::command::parser::MAX_COMMAND_BYTES;
use crate::error::SqlState;
use crate::merge::Strategy;
use crate::repo::Ref;
use crate::repo::history::ObjectPath;
use crate::repo::merging::History;
use crate::repo::undoing::Span;

fn command(text: &str) -> Command {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn error(text: &str) -> ErrorReport {
    match parse(text) {
        Ok(command) => panic!("{text}: {command:?}"),
        Err(error) => error,
    }
}

fn at(name: &str, at: Option<&str>, ancestor: u32) -> Ref {
    Ref {
        name: name.to_owned(),
        at: at.map(str::to_owned),
        ancestor,
    }
}

#[test]
fn plain_commands() {
    for (text, expected) in [
        ("PGGIT STATUS", Command::Status),
        ("pggit status;", Command::Status),
        ("PgGit /* c */ Version -- x", Command::Version),
        ("PGGIT INIT", Command::Init),
        ("PGGIT BRANCH", Command::BranchList),
        ("PGGIT BRANCH list ;", Command::BranchList),
        ("PGGIT MERGES", Command::Merges),
        ("PGGIT MERGE SHOW 3", Command::MergeShow { merge: 3 }),
        (
            "PGGIT RESOLVE 3 REMEMBERED",
            Command::ResolveRemembered { merge: 3 },
        ),
        ("PGGIT HELP", Command::Help { topic: None }),
        (
            "PGGIT HELP merge continue",
            Command::Help {
                topic: Some("MERGE".to_owned()),
            },
        ),
        ("PGGIT COMMIT", Command::Commit { message: None }),
        (
            "PGGIT COMMIT 'it''s'",
            Command::Commit {
                message: Some("it's".to_owned()),
            },
        ),
        ("PGGIT CONFLICTS 7", Command::Conflicts { merge: 7 }),
        ("PGGIT DROPPED", Command::Dropped),
        ("PGGIT DROPPED purge 7", Command::DroppedPurge { entry: 7 }),
    ] {
        assert_eq!(command(text), expected, "{text}");
    }
}

#[test]
fn branch_names_fold_and_quote_as_in_sql() {
    let created = |text: &str| match command(text) {
        Command::BranchCreate { name, from, .. } => (name, from),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(
        created("PGGIT BRANCH Feature/Login-2.x").0,
        "feature/login-2.x"
    );
    assert_eq!(created("PGGIT BRANCH \"Feature/X\"").0, "Feature/X");
    assert_eq!(created("PGGIT BRANCH 'Feature X'").0, "Feature X");
    assert_eq!(created("PGGIT BRANCH \"list\"").0, "list");
    assert_eq!(
        created("PGGIT BRANCH x FROM \"Main\"~2").1,
        Some(at("Main", None, 2))
    );
}

#[test]
fn refs_name_branches_hashes_ancestors_and_times() {
    let shown = |text: &str| match command(&format!("PGGIT SHOW {text}")) {
        Command::Show { reference } => reference,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(shown("Main"), at("main", None, 0));
    assert_eq!(shown("3F2A"), at("3f2a", None, 0));
    assert_eq!(shown("12e4").hash_prefix(), Some("12e4"));
    assert_eq!(shown("main~"), at("main", None, 1));
    assert_eq!(shown("main~12"), at("main", None, 12));
    assert_eq!(
        shown("main@{2026-01-01 10:00:00+02}~1"),
        at("main", Some("2026-01-01 10:00:00+02"), 1)
    );
    assert_eq!(shown("\"A\"@{yesterday}"), at("A", Some("yesterday"), 0));
    assert_eq!(shown("'A b~1'"), at("A b", None, 1));
    for text in ["main~x", "main@{", "main@{}", "main@x", "~1", "a+b", "$1"] {
        assert_eq!(
            error(&format!("PGGIT SHOW {text}")).sqlstate,
            SqlState::SYNTAX_ERROR,
            "{text}"
        );
    }
}

#[test]
fn branches_are_renamed_deleted_and_checked_out() {
    assert_eq!(
        command("PGGIT BRANCH RENAME a TO \"B\""),
        Command::BranchRename {
            from: "a".to_owned(),
            to: "B".to_owned()
        }
    );
    assert_eq!(
        command("PGGIT BRANCH DELETE a FORCE"),
        Command::BranchDelete {
            name: "a".to_owned(),
            force: true
        }
    );
    assert_eq!(
        command("PGGIT CHECKOUT main"),
        Command::Checkout {
            branch: "main".to_owned()
        }
    );
    assert_eq!(
        command("PGGIT CHECKOUT NEW a FROM b"),
        Command::CheckoutNew {
            branch: "a".to_owned(),
            from: Some(Ref::branch("b"))
        }
    );
}

#[test]
fn log_takes_its_clauses_in_any_order() {
    assert_eq!(command("PGGIT LOG"), Command::Log(Log::default()));
    assert_eq!(
        command(
            "PGGIT LOG main~2 LIMIT 5 AUTHOR 'Ada' UNTIL 'today' SINCE '2026-01-01' FOR public.\"Users\""
        ),
        Command::Log(Log {
            from: Some(at("main", None, 2)),
            object: Some(ObjectName {
                schema: Some("public".to_owned()),
                name: "Users".to_owned()
            }),
            author: Some("Ada".to_owned()),
            since: Some("2026-01-01".to_owned()),
            until: Some("today".to_owned()),
            limit: Some(5),
            graph: false,
        })
    );
    assert_eq!(
        command("PGGIT LOG GRAPH LIMIT 5"),
        Command::Log(Log {
            limit: Some(5),
            graph: true,
            ..Log::default()
        })
    );
    assert_eq!(error("PGGIT LOG FOR a.b.c").position, Some(15));
    assert_eq!(
        error("PGGIT LOG LIMIT 1 LIMIT 2").message,
        "conflicting or redundant options"
    );
    assert_eq!(error("PGGIT LOG LIMIT -1").position, Some(17));
}

#[test]
fn a_schema_is_shown_at_a_ref_and_of_an_object() {
    assert_eq!(
        command("PGGIT SHOW SCHEMA"),
        Command::ShowSchema {
            at: None,
            object: None
        }
    );
    assert_eq!(
        command("PGGIT SHOW SCHEMA FOR App.f(int, \"T\"[]) AT main@{yesterday}"),
        Command::ShowSchema {
            at: Some(at("main", Some("yesterday"), 0)),
            object: Some(ObjectPath {
                names: vec!["app".to_owned(), "f".to_owned()],
                arguments: Some("int, \"T\"[]".to_owned()),
            }),
        }
    );
    assert_eq!(
        command("PGGIT SHOW \"schema\""),
        Command::Show {
            reference: at("schema", None, 0)
        }
    );
    assert_eq!(
        error("PGGIT SHOW SCHEMA AT main FOR f(int").sqlstate,
        SqlState::SYNTAX_ERROR
    );
}

#[test]
fn objects_have_a_history_and_an_impact() {
    let path = |names: &[&str]| ObjectPath {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        arguments: None,
    };
    assert_eq!(
        command("PGGIT HISTORY Users FROM main~2"),
        Command::History {
            object: path(&["users"]),
            from: Some(at("main", None, 2)),
        }
    );
    assert_eq!(
        command("PGGIT BLAME public.users AT feature"),
        Command::Blame {
            object: path(&["public", "users"]),
            at: Some(at("feature", None, 0)),
        }
    );
    assert_eq!(
        command("PGGIT IMPACT public.users.\"E mail\""),
        Command::Impact {
            object: path(&["public", "users", "E mail"]),
            at: None,
        }
    );
    assert_eq!(error("PGGIT HISTORY").position, Some(14));
    assert_eq!(
        error("PGGIT IMPACT a.b.c.d").sqlstate,
        SqlState::SYNTAX_ERROR
    );
}

#[test]
fn diff_takes_up_to_two_refs_and_a_format() {
    let diff = |text: &str| match command(text) {
        Command::Diff(diff) => (
            diff.from.map(|from| from.to_string()),
            diff.to.map(|to| to.to_string()),
            diff.format,
        ),
        other => panic!("{text}: {other:?}"),
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(diff("PGGIT DIFF"), (None, None, DiffFormat::Rows));
    assert_eq!(diff("PGGIT DIFF a"), (some("a"), None, DiffFormat::Rows));
    assert_eq!(
        diff("PGGIT DIFF main feature AS SQL"),
        (some("main"), some("feature"), DiffFormat::Sql)
    );
    assert_eq!(diff("PGGIT DIFF AS json"), (None, None, DiffFormat::Json));
    assert_eq!(error("PGGIT DIFF a b c").position, Some(16));
}

#[test]
fn merge_takes_its_clauses_in_any_order() {
    let plain = Merge {
        sources: vec![Ref::branch("feature")],
        into: None,
        strategy: Strategy::Auto,
        history: History::Auto,
        message: None,
        dry_run: false,
        allow_data_loss: false,
    };
    assert_eq!(
        command("PGGIT MERGE feature"),
        Command::Merge(plain.clone())
    );
    assert_eq!(
        command(
            "PGGIT MERGE feature ALLOW DATA LOSS DRY RUN MESSAGE $$m$$ STRATEGY SOURCE_WINS INTO main"
        ),
        Command::Merge(Merge {
            into: Some("main".to_owned()),
            strategy: Strategy::SourceWins,
            message: Some("m".to_owned()),
            dry_run: true,
            allow_data_loss: true,
            ..plain.clone()
        })
    );
    for (clause, history) in [
        ("SQUASH", History::Squash),
        ("no ff", History::NoFastForward),
        ("FF ONLY", History::FastForwardOnly),
    ] {
        assert_eq!(
            command(&format!("PGGIT MERGE feature {clause} INTO main")),
            Command::Merge(Merge {
                into: Some("main".to_owned()),
                history,
                ..plain.clone()
            })
        );
    }
    assert_eq!(
        command("PGGIT MERGE a, \"B\"~1,c INTO main DRY RUN"),
        Command::Merge(Merge {
            sources: vec![Ref::branch("a"), at("B", None, 1), Ref::branch("c")],
            into: Some("main".to_owned()),
            dry_run: true,
            ..plain.clone()
        })
    );
    assert_eq!(error("PGGIT MERGE a,").sqlstate, SqlState::SYNTAX_ERROR);
    assert_eq!(error("PGGIT MERGE a b").sqlstate, SqlState::SYNTAX_ERROR);
    assert_eq!(
        command("PGGIT MERGE BASE a b~1"),
        Command::MergeBase {
            left: Ref::branch("a"),
            right: at("b", None, 1)
        }
    );
    assert_eq!(
        command("PGGIT MERGE CONTINUE 3 ALLOW DATA LOSS"),
        Command::MergeContinue {
            merge: 3,
            allow_data_loss: true
        }
    );
    assert_eq!(
        command("PGGIT MERGE ABORT 3"),
        Command::MergeAbort { merge: 3 }
    );
    let unknown = error("PGGIT MERGE a STRATEGY best");
    assert_eq!(unknown.sqlstate, SqlState::INVALID_PARAMETER_VALUE);
    assert_eq!(
        unknown.hint.as_deref(),
        Some("Strategies are auto, source_wins, target_wins, manual_review, union.")
    );
}

#[test]
fn resolve_takes_a_side_or_ddl() {
    let with = |text: &str| match command(&format!("PGGIT RESOLVE 1 2 WITH {text}")) {
        Command::Resolve {
            merge: 1,
            conflict: 2,
            with,
        } => with,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(with("source"), ResolveWith::Source);
    assert_eq!(with("TARGET"), ResolveWith::Target);
    assert_eq!(with("BASE"), ResolveWith::Base);
    assert_eq!(
        with("CUSTOM $$ALTER TABLE t ADD c int; -- 'x'$$"),
        ResolveWith::Custom("ALTER TABLE t ADD c int; -- 'x'".to_owned())
    );
    assert_eq!(
        error("PGGIT RESOLVE 1 2 WITH CUSTOM").message,
        "syntax error at end of input"
    );
}

#[test]
fn syntax_errors_say_where_and_how_it_is_written() {
    let unknown = error("PGGIT é PUSH");
    assert_eq!(unknown.sqlstate, SqlState::SYNTAX_ERROR);
    assert_eq!(unknown.message, "syntax error at or near \"é\"");
    assert_eq!(unknown.position, Some(7));
    assert_eq!(unknown.hint.as_deref(), Some(help::UNKNOWN_COMMAND));

    let usage = error("PGGIT BRANCH 'é' FORM x");
    assert_eq!(usage.message, "syntax error at or near \"FORM\"");
    assert_eq!(usage.position, Some(18));
    assert!(
        usage
            .hint
            .is_some_and(|hint| hint.contains("PGGIT BRANCH <name> [FROM <ref>]"))
    );

    let end = error("PGGIT CONFLICTS");
    assert_eq!(end.message, "syntax error at end of input");
    assert_eq!(end.position, Some(16));
    assert_eq!(end.hint.as_deref(), Some("Usage: PGGIT CONFLICTS <merge>"));

    let open = error("PGGIT COMMIT 'x");
    assert_eq!(open.message, "unterminated quoted string at or near \"'x\"");
    assert_eq!(open.position, Some(14));
}

#[test]
fn impossible_names_are_refused_where_they_stand() {
    let long = "x".repeat(64);
    let refused = |text: String| {
        let error = error(&text);
        (error.sqlstate, error.position)
    };
    assert_eq!(
        refused(format!("PGGIT BRANCH {long}")),
        (SqlState::NAME_TOO_LONG, Some(14))
    );
    assert_eq!(
        refused(format!("PGGIT CHECKOUT {long}")),
        (SqlState::NAME_TOO_LONG, Some(16))
    );
    assert_eq!(
        refused(format!("PGGIT LOG FOR public.{long}")),
        (SqlState::NAME_TOO_LONG, Some(15))
    );
    assert_eq!(
        refused("PGGIT CHECKOUT \"\"".to_owned()),
        (SqlState::INVALID_NAME, Some(16))
    );
    assert_eq!(
        refused("PGGIT BRANCH \"a@b\"".to_owned()),
        (SqlState::INVALID_NAME, Some(14))
    );
    assert_eq!(
        refused("PGGIT BRANCH main".to_owned()),
        (SqlState::DUPLICATE_DATABASE, Some(14))
    );
}

#[test]
fn a_command_of_megabytes_is_refused_unread() {
    let text = format!("PGGIT COMMIT '{}'", "x".repeat(MAX_COMMAND_BYTES));
    assert_eq!(error(&text).sqlstate, SqlState::PROGRAM_LIMIT_EXCEEDED);
}

#[test]
fn reverts() {
    let reverted = |text: &str| match command(text) {
        Command::Revert(revert) => revert,
        other => panic!("{text}: {other:?}"),
    };
    for (text, span) in [
        ("PGGIT REVERT 3f2a", Span::Commit(at("3f2a", None, 0))),
        ("PGGIT REVERT main~2", Span::Commit(at("main", None, 2))),
        ("PGGIT REVERT v1.2", Span::Commit(at("v1.2", None, 0))),
        (
            "PGGIT REVERT \"Feature\"~1",
            Span::Commit(at("Feature", None, 1)),
        ),
        (
            "PGGIT REVERT Main~3..main",
            Span::Range(at("main", None, 3), at("main", None, 0)),
        ),
        (
            "PGGIT REVERT 1234..abcd~1",
            Span::Range(at("1234", None, 0), at("abcd", None, 1)),
        ),
        (
            "PGGIT REVERT main@{a..b}..main@{now}",
            Span::Range(at("main", Some("a..b"), 0), at("main", Some("now"), 0)),
        ),
        (
            "PGGIT REVERT 'Feature X~2..Feature X'",
            Span::Range(at("Feature X", None, 2), at("Feature X", None, 0)),
        ),
    ] {
        assert_eq!(reverted(text).span, span, "{text}");
    }
    let revert = reverted(
        "PGGIT REVERT main PARENT 2 INTO staging STRATEGY source_wins MESSAGE 'm' DRY RUN ALLOW DATA LOSS",
    );
    assert_eq!(
        revert,
        Revert {
            span: Span::Commit(at("main", None, 0)),
            parent: Some(2),
            into: Some("staging".to_owned()),
            strategy: Strategy::SourceWins,
            message: Some("m".to_owned()),
            dry_run: true,
            allow_data_loss: true,
        }
    );
    for text in [
        "PGGIT REVERT",
        "PGGIT REVERT ..main",
        "PGGIT REVERT main PARENT 1 PARENT 2",
        "PGGIT REVERT main DRY",
    ] {
        assert_eq!(error(text).sqlstate, SqlState::SYNTAX_ERROR, "{text}");
    }
}

#[test]
fn rollbacks_and_undos() {
    let object = |schema: Option<&str>, name: &str| ObjectName {
        schema: schema.map(str::to_owned),
        name: name.to_owned(),
    };
    assert_eq!(
        command("PGGIT ROLLBACK TO main~2 DRY RUN"),
        Command::Rollback(Rollback {
            to: RollbackTo::Ref(at("main", None, 2)),
            dry_run: true,
            allow_data_loss: false,
        })
    );
    assert_eq!(
        command("PGGIT ROLLBACK TO TIMESTAMP 'yesterday' ALLOW DATA LOSS"),
        Command::Rollback(Rollback {
            to: RollbackTo::Timestamp("yesterday".to_owned()),
            dry_run: false,
            allow_data_loss: true,
        })
    );
    assert_eq!(
        command("PGGIT UNDO users, public.\"Orders\" ,app.items FROM main~1"),
        Command::Undo(Undo {
            objects: vec![
                object(None, "users"),
                object(Some("public"), "Orders"),
                object(Some("app"), "items"),
            ],
            from: at("main", None, 1),
            dry_run: false,
            allow_data_loss: false,
        })
    );
    for text in [
        "PGGIT ROLLBACK main",
        "PGGIT ROLLBACK TO",
        "PGGIT ROLLBACK TO TIMESTAMP now",
        "PGGIT UNDO FROM main",
        "PGGIT UNDO users",
        "PGGIT UNDO users, FROM main",
        "PGGIT UNDO users FROM main DRY RUN DRY RUN",
    ] {
        assert_eq!(error(text).sqlstate, SqlState::SYNTAX_ERROR, "{text}");
    }
}

#[test]
fn every_form_in_the_help_parses_once_filled_in() {
    let filled = |text: &str| {
        text.replace("<ref>", "main")
            .replace("<merge>", "1")
            .replace("<conflict>", "2")
            .replace("<n>", "10")
            .replace("<object>", "public.users")
            .replace("<command>", "log")
            .replace("<strategy>", "auto")
            .replace("<source>", "feature")
            .replace("<request>", "3")
            .replace(", …", "")
            .replace(['<', '>'], "")
            .replace("SOURCE | TARGET | BASE | ", "")
            .replace("AS SQL | ", "")
            .replace("SQUASH | NO FF | ", "")
            .replace("IN 'interval' | ", "")
            .replace("'interval' | ", "")
    };
    for form in help::FORMS {
        let all = filled(form.syntax).replace(['[', ']'], "");
        command(&all);
        let mut least = form.syntax.to_owned();
        while let (Some(open), Some(close)) = (least.find('['), least.rfind(']')) {
            let inner = least[open..=close].find(']').map_or(close, |at| open + at);
            let inner = if least[open..inner].matches('[').count() > 1 {
                close
            } else {
                inner
            };
            least.replace_range(open..=inner, "");
        }
        command(&filled(&least));
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(?s).{0,60}") {
        let _ = parse(&text);
        let _ = parse(&format!("PGGIT {text}"));
    }

    #[test]
    fn no_sequence_of_words_makes_the_parser_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "BRANCH", "MERGE", "LOG", "DIFF", "FOR", "a", "\"B\"", "'c'", "~1", "@{", "}", ".",
                "RESOLVE", "1", "WITH", "CUSTOM", "$$", "FROM", "AS", "SQL", ";", "é", "(", "AUTHOR",
            ]),
            0..8,
        ),
        joint in "[ ]?",
    ) {
        let _ = parse(&format!("PGGIT {}", words.join(&joint)));
    }
}

#[test]
fn tags() {
    let created = |name: &str, of: Option<Ref>, message: Option<&str>| {
        Command::Tag(TagCommand::Create {
            name: name.to_owned(),
            of,
            message: message.map(str::to_owned),
        })
    };
    for (text, expected) in [
        ("PGGIT TAG", Command::Tag(TagCommand::List)),
        ("PGGIT TAG LIST", Command::Tag(TagCommand::List)),
        ("PGGIT TAG v1.2", created("v1.2", None, None)),
        ("PGGIT TAG \"list\"", created("list", None, None)),
        (
            "PGGIT TAG v1 main~1 MESSAGE 'm'",
            created("v1", Some(at("main", None, 1)), Some("m")),
        ),
        ("PGGIT TAG v1 MESSAGE 'm'", created("v1", None, Some("m"))),
        (
            "PGGIT TAG DELETE v1",
            Command::Tag(TagCommand::Delete {
                name: "v1".to_owned(),
            }),
        ),
    ] {
        assert_eq!(command(text), expected, "{text}");
    }
    for text in [
        "PGGIT TAG DELETE",
        "PGGIT TAG v1 MESSAGE",
        "PGGIT TAG v1 main 3",
    ] {
        assert_eq!(error(text).sqlstate, SqlState::SYNTAX_ERROR, "{text}");
    }
}

#[test]
fn cherry_picks() {
    let pick = CherryPick {
        after: None,
        commit: at("feature", None, 1),
        parent: None,
        into: None,
        strategy: Strategy::Auto,
        message: None,
        dry_run: false,
        allow_data_loss: false,
    };
    let picked = |text: &str| match command(text) {
        Command::CherryPick(pick) => pick,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(picked("PGGIT CHERRY PICK feature~1"), pick);
    for (text, after, commit) in [
        ("a..b", at("a", None, 0), at("b", None, 0)),
        ("A~3..v1.2", at("a", None, 3), at("v1.2", None, 0)),
        (
            "main@{2026-01-01 10:00:00..5}~1..b~",
            at("main", Some("2026-01-01 10:00:00..5"), 1),
            at("b", None, 1),
        ),
        ("'A b..C~2'", at("A b", None, 0), at("C", None, 2)),
    ] {
        let found = picked(&format!("PGGIT CHERRY PICK {text}"));
        assert_eq!((found.after, found.commit), (Some(after), commit), "{text}");
    }
    assert_eq!(
        picked(
            "PGGIT CHERRY PICK \"F\"~1 ALLOW DATA LOSS DRY RUN INTO x MESSAGE 'm' PARENT 2 STRATEGY source_wins"
        ),
        CherryPick {
            commit: at("F", None, 1),
            parent: Some(2),
            into: Some("x".to_owned()),
            strategy: Strategy::SourceWins,
            message: Some("m".to_owned()),
            dry_run: true,
            allow_data_loss: true,
            ..pick
        }
    );
    for text in [
        "",
        " PICK",
        " PICK a..",
        " PICK ..b",
        " PICK a PARENT x",
        " PICK a b",
    ] {
        let text = format!("PGGIT CHERRY{text}");
        assert_eq!(error(&text).sqlstate, SqlState::SYNTAX_ERROR, "{text}");
    }
}

#[test]
fn rebases() {
    let start = |branch: Option<&str>, onto: Ref, dry_run: bool, allow_data_loss: bool| {
        Command::Rebase(Rebase::Start {
            branch: branch.map(str::to_owned),
            onto,
            dry_run,
            allow_data_loss,
        })
    };
    let main = at("main", None, 0);
    for (text, expected) in [
        ("ONTO main", start(None, main.clone(), false, false)),
        (
            "feature ONTO main~2 ALLOW DATA LOSS DRY RUN",
            start(Some("feature"), at("main", None, 2), true, true),
        ),
        (
            "\"continue\" ONTO main",
            start(Some("continue"), main, false, false),
        ),
        (
            "CONTINUE",
            Command::Rebase(Rebase::Continue {
                branch: None,
                allow_data_loss: false,
            }),
        ),
        (
            "CONTINUE feature ALLOW DATA LOSS",
            Command::Rebase(Rebase::Continue {
                branch: Some("feature".to_owned()),
                allow_data_loss: true,
            }),
        ),
        (
            "SKIP ALLOW DATA LOSS",
            Command::Rebase(Rebase::Skip {
                branch: None,
                allow_data_loss: true,
            }),
        ),
        (
            "ABORT feature",
            Command::Rebase(Rebase::Abort {
                branch: Some("feature".to_owned()),
            }),
        ),
    ] {
        assert_eq!(command(&format!("PGGIT REBASE {text}")), expected, "{text}");
    }
    for text in ["", " feature", " ONTO", " ONTO main DRY", " ABORT a b"] {
        let text = format!("PGGIT REBASE{text}");
        assert_eq!(error(&text).sqlstate, SqlState::SYNTAX_ERROR, "{text}");
    }
}

#[test]
fn branches_that_expire() {
    let created = |from: Option<Ref>, time_to_live: Option<&str>| Command::BranchCreate {
        name: "x".to_owned(),
        from,
        time_to_live: time_to_live.map(str::to_owned),
    };
    let expire = |name: &str, time_to_live: Option<&str>| Command::BranchExpire {
        name: name.to_owned(),
        time_to_live: time_to_live.map(str::to_owned),
    };
    let main = Some(at("main", None, 1));
    for (text, expected) in [
        ("x EXPIRES '2 days'", created(None, Some("2 days"))),
        (
            "x EXPIRES '1 h' FROM main~1",
            created(main.clone(), Some("1 h")),
        ),
        ("x FROM main~1 EXPIRES NEVER", created(main, None)),
        ("EXPIRE x IN '2 days'", expire("x", Some("2 days"))),
        ("EXPIRE \"X\" NEVER", expire("X", None)),
    ] {
        assert_eq!(command(&format!("PGGIT BRANCH {text}")), expected, "{text}");
    }
    for text in [
        "EXPIRE",
        "EXPIRE x",
        "EXPIRE x IN",
        "x EXPIRES",
        "x EXPIRES 2",
    ] {
        let text = format!("PGGIT BRANCH {text}");
        assert_eq!(error(&text).sqlstate, SqlState::SYNTAX_ERROR, "{text}");
    }
}
