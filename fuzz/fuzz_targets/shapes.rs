//! Texts that differ in the values of literals alone: the plan that they share is the one that each would get by itself.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use pggit_fuzz::{branch, branch_with_extensions, context, main, number_of, planner, tokens};

const STRINGS: &[&str] = &[
    "''",
    "'x'",
    "'it''s'",
    "'public'",
    "'app'",
    "'public.t'",
    "'app.f(int)'",
    "'\"Odd\".t'",
    "'public, app'",
    "'search_path'",
    "'pggit.branch'",
    "'pg_catalog.english'",
    "'SELECT 1 FROM public.t'",
    "'é; DROP TABLE public.t'",
];

const NUMBERS: &[&str] = &["0", "7", "12", "123456789", "2.5"];

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let Some(others) = with_other_values(text) else {
        return Corpus::Reject;
    };
    for make in [main, branch, branch_with_extensions] {
        // The plan of the first is there when the others ask.
        let shared = make();
        for text in [text, &*others[0], &*others[1], text] {
            let found = planner().plan_of_concern(text.as_bytes(), &context(&shared));
            let own = planner().plan_of_concern(text.as_bytes(), &context(&make()));
            assert_eq!(found, own, "{text}");
        }
    }
    Corpus::Keep
});

/// Two texts like this one, with other values in plain strings and numbers. `None` if it has neither.
fn with_other_values(text: &str) -> Option<[String; 2]> {
    let tokens = tokens(text)?;
    let is_value = |source: &str| source.starts_with(|c: char| c == '\'' || c.is_ascii_digit());
    let values: Vec<_> = tokens
        .iter()
        .map(|token| token.at.clone())
        .filter(|at| is_value(&text[at.clone()]))
        .collect();
    if values.is_empty() {
        return None;
    }
    let mut number = number_of(text.as_bytes());
    Some([(); 2].map(|()| {
        let mut other = String::new();
        let mut copied = 0;
        for at in &values {
            number = number_of(&number.to_ne_bytes());
            let among = if text[at.clone()].starts_with('\'') {
                STRINGS
            } else {
                NUMBERS
            };
            other.push_str(&text[copied..at.start]);
            other.push_str(among[number % among.len()]);
            copied = at.end;
        }
        other.push_str(&text[copied..]);
        other
    }))
}
