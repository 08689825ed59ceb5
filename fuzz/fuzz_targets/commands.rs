//! `PGGIT` commands, and the scan that tells them and all else that concerns the proxy from what does not.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use pggit::command::lexer::{Value, lexemes};
use pggit::command::parse;
use pggit::sql::plan::Action;
use pggit_fuzz::{branch, context, main, planner};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    cut(text);
    read(text);
    read(&format!("PGGIT {text}"));
    for map in [main(), branch()] {
        let context = context(&map);
        let plan = planner().plan_of_concern(data, &context);
        // What the scan lets pass needs no plan.
        assert!(planner().concerns(data, &context) || plan.is_none());
        for statement in plan.iter().flat_map(|plan| plan.statements()) {
            let source = &text[statement.range.clone()];
            if statement.action == Action::Command {
                read(source);
            }
        }
    }
    Corpus::Keep
});

/// Lexemes stand in order, and a bare one is what the text says there.
fn cut(text: &str) {
    match lexemes(text) {
        Ok(lexemes) => {
            let mut last = 0;
            for lexeme in lexemes {
                assert!(last <= lexeme.start && lexeme.start < lexeme.end);
                let source = &text[lexeme.start..lexeme.end];
                if let Value::Bare(bare) = lexeme.value {
                    assert_eq!(bare, source);
                }
                last = lexeme.end;
            }
        }
        Err(error) => assert!(text.is_char_boundary(error.start)),
    }
}

/// A command, or an error at a place within the text or right behind it.
fn read(text: &str) {
    if let Err(report) = parse(text)
        && let Some(position) = report.position
    {
        let characters = text.chars().count();
        assert!(
            (1..=characters + 1).contains(&(position as usize)),
            "{position}"
        );
    }
}
