//! `PGGIT HELP` and `PGGIT VERSION`.

use crate::command::help::{self, Form};
use crate::command::{Answer, Value};

pub fn help(topic: Option<&str>) -> Answer {
    let row = |form: &Form| vec![Value::from(form.syntax), Value::from(form.description)];
    let rows = match topic {
        Some(topic) => help::forms(topic).map(row).collect(),
        None => help::FORMS.iter().map(row).collect(),
    };
    Answer::with_rows("PGGIT HELP", rows)
}

pub fn version() -> Answer {
    let version = format!("pgGit {}", env!("CARGO_PKG_VERSION"));
    Answer::with_rows("PGGIT VERSION", vec![vec![version.into()]])
}
