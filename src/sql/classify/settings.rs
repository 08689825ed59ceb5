//! `SET`, `RESET` and `SHOW` of the settings that the proxy minds.

use crate::sql::plan::{Action, Setting, Transaction};
use pg_query::NodeEnum;
use pg_query::protobuf::{Node, VariableSetKind, VariableSetStmt, a_const::Val};

/// The settings that the proxy minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Minded {
    Branch,
    SearchPath,
    Role,
}

/// Names of settings are compared without regard to case, quoted or not.
fn minded(name: &str) -> Option<Minded> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("pggit.branch") {
        Some(Minded::Branch)
    } else if is("search_path") {
        Some(Minded::SearchPath)
    } else if is("role") || is("session_authorization") {
        Some(Minded::Role)
    } else {
        None
    }
}

pub(super) fn show(name: &str) -> Action {
    match minded(name) {
        Some(Minded::Branch) => Action::Setting(Setting::ShowBranch),
        Some(Minded::SearchPath) => Action::Setting(Setting::ShowSearchPath),
        _ => Action::None,
    }
}

pub(super) fn set(set: &VariableSetStmt) -> Action {
    let kind = set.kind();
    match kind {
        VariableSetKind::VarResetAll => return Action::Setting(Setting::All { discard: false }),
        VariableSetKind::VarSetMulti => {
            return Action::Transaction(Transaction::Characteristics);
        }
        _ => {}
    }
    let values = (kind == VariableSetKind::VarSetValue)
        .then(|| set.args.iter().filter_map(value).collect::<Vec<_>>());
    let local = set.is_local;
    let setting = match minded(&set.name) {
        Some(Minded::Branch) => Setting::Branch {
            value: values.map(|values| values.join(", ")),
            local,
        },
        Some(Minded::SearchPath) => Setting::SearchPath {
            value: values,
            local,
        },
        Some(Minded::Role) => Setting::Role,
        None => return Action::None,
    };
    Action::Setting(setting)
}

/// A value as `SET` takes it: a literal, a word or a number.
fn value(node: &Node) -> Option<String> {
    let Some(NodeEnum::AConst(constant)) = &node.node else {
        return None;
    };
    Some(match constant.val.as_ref()? {
        Val::Sval(text) => text.sval.clone(),
        Val::Ival(number) => number.ival.to_string(),
        Val::Fval(number) => number.fval.clone(),
        Val::Boolval(truth) => truth.boolval.to_string(),
        Val::Bsval(bits) => bits.bsval.clone(),
    })
}
