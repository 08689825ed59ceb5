//! Several best common ancestors, merged into the one that a merge starts from.

use super::*;

fn of(definition: &Definition) -> Snapshot {
    snapshot([("object", definition.clone())])
}

fn typed(data_type: &str) -> Definition {
    with_column(users(), "name", |column| {
        column.data_type = data_type.to_owned();
    })
}

fn commented(definition: &Definition, comment: &str) -> Definition {
    Definition {
        comment: Some(comment.to_owned()),
        ..definition.clone()
    }
}

/// One line changes the type, the other the comment; each takes the other's change in, and one then takes its own back.
#[test]
fn what_both_ancestors_have_is_no_change_any_more() {
    let (one, other) = (typed("varchar(9)"), commented(&users(), "people"));
    let both = commented(&one, "people");
    let ancestor = ancestor(&of(&users()), &of(&one), &of(&other));
    assert_eq!(ancestor, of(&both));

    let source = typed("text");
    let source = commented(&source, "people");
    let merged = auto(&ancestor, &of(&source), &of(&both));
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, of(&source));
    // With one ancestor alone the type would seem to be as it always was, or to have changed twice.
    let alone = auto(&of(&other), &of(&source), &of(&both));
    assert_eq!(alone.result, of(&both));
}

#[test]
fn where_ancestors_conflict_what_was_before_them_counts() {
    let (one, other) = (typed("varchar(9)"), typed("citext"));
    let ancestor = ancestor(&of(&users()), &of(&one), &of(&other));
    assert_eq!(ancestor, of(&users()));
    // Both lines decided alike.
    let merged = auto(&ancestor, &of(&one), &of(&one));
    assert_eq!(merged.conflicts, []);
    // Each decided for itself.
    let merged = auto(&ancestor, &of(&one), &of(&other));
    assert_eq!(attributes(&merged), ["column name type"]);
}

#[test]
fn ancestors_that_dropped_and_changed_keep_what_was() {
    let gone = Snapshot::default();
    let ancestor = ancestor(&of(&users()), &gone, &of(&typed("citext")));
    assert_eq!(ancestor, of(&users()));
}
