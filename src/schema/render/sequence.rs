//! Sequences: on their own, under a serial column, and inside an identity column.

use super::script::{Script, target};
use crate::schema::acl;
use crate::schema::change::Alteration;
use crate::schema::diff::changed_labels;
use crate::schema::model::{
    Acl, Definition, Identity, Kind, Name, OwnedBy, Persistence, SecurityLabels, Sequence,
    SequenceOptions,
};
use crate::schema::quote::{qualified, quote_identifier, quote_literal};

pub(super) fn create(script: &mut Script<'_>, definition: &Definition, sequence: &Sequence) {
    let unlogged = match sequence.persistence {
        Persistence::Permanent => "",
        Persistence::Unlogged => "UNLOGGED ",
    };
    let data_type = match sequence.options.data_type.as_str() {
        "bigint" => String::new(),
        other => format!(" AS {other}"),
    };
    let options = words(&sequence.options, &defaults(&sequence.options));
    script.push(
        &definition.key(),
        &[],
        format!(
            "CREATE {unlogged}SEQUENCE {}{data_type}{}",
            qualified(&sequence.name),
            if options.is_empty() {
                String::new()
            } else {
                format!(" {}", options.join(" "))
            }
        ),
    );
}

/// `OWNED BY` a column, once that is there, or `NONE`, while it still is.
pub(super) fn set_owner(script: &mut Script<'_>, definition: &Definition, owner: Option<&OwnedBy>) {
    let owner = match owner {
        Some(owner) => format!(
            "{}.{}",
            qualified(&owner.table),
            quote_identifier(&owner.column)
        ),
        None => "NONE".to_owned(),
    };
    script.push(
        &definition.key(),
        &[],
        format!("ALTER {} OWNED BY {owner}", target(definition)),
    );
}

pub(super) fn alter(script: &mut Script<'_>, definition: &Definition, alteration: &Alteration) {
    let action = match alteration {
        Alteration::SetPersistence { to } => match to {
            Persistence::Permanent => "SET LOGGED".to_owned(),
            Persistence::Unlogged => "SET UNLOGGED".to_owned(),
        },
        Alteration::SetSequenceOptions { from, to } => {
            let mut options = words(to, from);
            if from.data_type != to.data_type {
                options.insert(0, format!("AS {}", to.data_type));
            }
            options.join(" ")
        }
        _ => return,
    };
    script.push(
        &definition.key(),
        &[],
        format!("ALTER {} {action}", target(definition)),
    );
}

/// `GENERATED … AS IDENTITY (…)`, with what differs from the defaults.
pub(super) fn identity(table: &Name, column: &str, identity: &Identity) -> String {
    let mut options = Vec::new();
    if identity.sequence != format!("{}_{column}_seq", table.name) {
        let name = Name::new(table.schema.as_str(), identity.sequence.as_str());
        options.push(format!("SEQUENCE NAME {}", qualified(&name)));
    }
    options.extend(words(&identity.options, &defaults(&identity.options)));
    let always = if identity.always {
        "ALWAYS"
    } else {
        "BY DEFAULT"
    };
    let options = if options.is_empty() {
        String::new()
    } else {
        format!(" ({})", options.join(" "))
    };
    format!("GENERATED {always} AS IDENTITY{options}")
}

/// Comment, security labels and privileges of an identity column's sequence, which belongs to its table's owner.
pub(super) fn identity_properties(
    script: &mut Script<'_>,
    definition: &Definition,
    before: Option<&Identity>,
    after: &Identity,
) {
    let key = definition.key();
    let sequence = Name::new(key.schema.as_str(), after.sequence.as_str());
    let what = format!("SEQUENCE {}", qualified(&sequence));
    if before.and_then(|before| before.comment.as_ref()) != after.comment.as_ref() {
        let text = after
            .comment
            .as_ref()
            .map_or_else(|| "NULL".to_owned(), |text| quote_literal(text));
        script.push(&key, &[], format!("COMMENT ON {what} IS {text}"));
    }
    let unlabelled = SecurityLabels::new();
    let labels = before.map_or(&unlabelled, |before| &before.security_labels);
    for (provider, label) in changed_labels(labels, &after.security_labels) {
        script.security_label(&key, &what, provider, label);
    }
    let none = Acl::new();
    let default = |wanted: &Acl| acl::default_acl(Kind::Sequence, &definition.owner, wanted);
    let wanted = after.acl.clone().unwrap_or_else(|| default(&none));
    let granted = before
        .and_then(|before| before.acl.clone())
        .unwrap_or_else(|| default(&wanted));
    for privilege in acl::difference(&granted, &wanted, None) {
        script.privileges_on(&key, &what, &privilege, &[]);
    }
}

/// The actions after `ALTER COLUMN c` that turn one identity into the other; its sequence's name and
/// its type, which is the column's, apart.
pub(super) fn identity_actions(from: &Identity, to: &Identity) -> Vec<String> {
    let mut actions = Vec::new();
    if from.always != to.always {
        actions.push(format!(
            "SET GENERATED {}",
            if to.always { "ALWAYS" } else { "BY DEFAULT" }
        ));
    }
    actions.extend(
        words(&to.options, &from.options)
            .iter()
            .map(|option| format!("SET {option}")),
    );
    actions
}

/// What `CREATE SEQUENCE` takes where nothing is said.
fn defaults(options: &SequenceOptions) -> SequenceOptions {
    let (low, high) = match options.data_type.as_str() {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (min, max) = if options.increment < 0 {
        (low, -1)
    } else {
        (1, high)
    };
    SequenceOptions {
        data_type: options.data_type.clone(),
        // Starts where it is told to turn round, if nowhere else.
        start: if options.increment < 0 {
            options.max
        } else {
            options.min
        },
        increment: 1,
        min,
        max,
        cache: 1,
        cycle: false,
    }
}

/// The options that differ from `from`, as SQL.
fn words(options: &SequenceOptions, from: &SequenceOptions) -> Vec<String> {
    let mut words = Vec::new();
    for (word, value, before) in [
        ("INCREMENT BY", options.increment, from.increment),
        ("MINVALUE", options.min, from.min),
        ("MAXVALUE", options.max, from.max),
        ("START WITH", options.start, from.start),
        ("CACHE", options.cache, from.cache),
    ] {
        if value != before {
            words.push(format!("{word} {value}"));
        }
    }
    if options.cycle != from.cycle {
        words.push(if options.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    words
}
