//! What differs between two definitions of a type.

use super::comment;
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{Composite, Domain, NotNullTerms};
use crate::schema::quote::qualified;
use std::collections::BTreeMap;

/// Labels of an enum. PostgreSQL can add and rename them, never remove or reorder, so a label that is
/// gone was renamed; which one it became is known where each gap between the labels that stayed has as
/// many new ones as old. Otherwise nothing is guessed: the type is made anew, and rows that hold a
/// removed label stop that.
pub(super) fn labels(old: &[String], new: &[String], found: &mut Vec<Alteration>) {
    if old == new {
        return;
    }
    let Some(alterations) = aligned(old, new) else {
        found.push(Alteration::SetLabels {
            from: old.to_vec(),
            to: new.to_vec(),
        });
        return;
    };
    found.extend(alterations);
}

fn aligned(old: &[String], new: &[String]) -> Option<Vec<Alteration>> {
    let old_gaps = gaps(old, new);
    let new_gaps = gaps(new, old);
    if old_gaps.len() != new_gaps.len() {
        return None;
    }
    let mut renames = Vec::new();
    let mut additions = Vec::new();
    for ((gone, old_end), (came, new_end)) in old_gaps.into_iter().zip(new_gaps) {
        if old_end != new_end {
            return None;
        }
        if gone.len() == came.len() {
            renames.extend(
                gone.into_iter()
                    .zip(came)
                    .map(|(from, to)| Alteration::RenameLabel {
                        from: from.clone(),
                        to: to.clone(),
                    }),
            );
        } else if gone.is_empty() {
            additions.extend(came.into_iter().map(|label| (label.clone(), new_end)));
        } else {
            return None;
        }
    }
    renames.extend(
        additions
            .into_iter()
            .map(|(label, before)| Alteration::AddLabel {
                label,
                before: before.cloned(),
            }),
    );
    Some(renames)
}

/// Runs of labels that `other` lacks, each with the label after it that `other` has (`None`: the end).
/// Empty runs count, so that the gaps of two lists correspond.
fn gaps<'a>(labels: &'a [String], other: &[String]) -> Vec<(Vec<&'a String>, Option<&'a String>)> {
    let mut gaps = Vec::new();
    let mut run = Vec::new();
    for label in labels {
        if other.contains(label) {
            gaps.push((std::mem::take(&mut run), Some(label)));
        } else {
            run.push(label);
        }
    }
    gaps.push((run, None));
    gaps
}

pub(super) fn domain(old: &Domain, new: &Domain, found: &mut Vec<Alteration>) {
    if old.base != new.base || old.collation != new.collation {
        found.push(Alteration::SetBaseType {
            from: old.base.clone(),
            to: new.base.clone(),
        });
    }
    if old.not_null != new.not_null {
        found.push(if new.not_null {
            Alteration::SetNotNull {
                column: None,
                name: new.not_null_name.clone(),
                terms: NotNullTerms::default(),
            }
        } else {
            Alteration::DropNotNull {
                column: None,
                terms: NotNullTerms::default(),
            }
        });
    }
    if let Some(name) = new.not_null_constraint() {
        if let Some(before) = old.not_null_constraint()
            && before != name
            && (old.not_null_name.is_some() || new.not_null_name.is_some())
        {
            found.push(Alteration::RenameConstraint {
                from: before,
                to: name.clone(),
            });
        }
        comment(
            Part::Constraint(name),
            (old.not_null_comment.as_ref()).filter(|_| old.not_null),
            new.not_null_comment.as_ref(),
            found,
        );
    }
    match (&old.default, &new.default) {
        (before, Some(expression)) if before.as_ref() != Some(expression) => {
            found.push(Alteration::SetDefault {
                column: None,
                expression: expression.clone(),
            });
        }
        (Some(_), None) => found.push(Alteration::DropDefault { column: None }),
        _ => {}
    }
    checks(old, new, found);
}

fn checks(old: &Domain, new: &Domain, found: &mut Vec<Alteration>) {
    let mut added: Vec<_> = new
        .checks
        .iter()
        .filter(|(name, _)| !old.checks.contains_key(*name))
        .collect();
    let mut comments = Vec::new();
    for (name, before) in &old.checks {
        let after = if let Some(after) = new.checks.get(name) {
            (name, after)
        } else if let Some(at) = added
            .iter()
            .position(|(_, after)| after.definition == before.definition)
        {
            let after = added.remove(at);
            found.push(Alteration::RenameConstraint {
                from: name.clone(),
                to: after.0.clone(),
            });
            after
        } else {
            found.push(Alteration::DropCheck { name: name.clone() });
            continue;
        };
        let (name, after) = after;
        let mut commented = before.comment.as_ref();
        if before.definition != after.definition {
            if before.definition.strip_suffix(" NOT VALID") == Some(after.definition.as_str()) {
                found.push(Alteration::ValidateConstraint { name: name.clone() });
            } else {
                found.push(Alteration::DropCheck { name: name.clone() });
                found.push(Alteration::AddCheck {
                    name: name.clone(),
                    definition: after.definition.clone(),
                });
                commented = None;
            }
        }
        comment(
            Part::Constraint(name.clone()),
            commented,
            after.comment.as_ref(),
            &mut comments,
        );
    }
    for (name, check) in added {
        found.push(Alteration::AddCheck {
            name: name.clone(),
            definition: check.definition.clone(),
        });
        comment(
            Part::Constraint(name.clone()),
            None,
            check.comment.as_ref(),
            &mut comments,
        );
    }
    found.append(&mut comments);
}

pub(super) fn composite(old: &Composite, new: &Composite, found: &mut Vec<Alteration>) {
    let before: BTreeMap<_, _> = old
        .attributes
        .iter()
        .map(|attribute| (attribute.id, attribute))
        .collect();
    for attribute in &old.attributes {
        if !new.attributes.iter().any(|kept| kept.id == attribute.id) {
            found.push(Alteration::DropAttribute {
                name: attribute.name.clone(),
            });
        }
    }
    for after in &new.attributes {
        if let Some(before) = before.get(&after.id)
            && before.name != after.name
        {
            found.push(Alteration::RenameAttribute {
                from: before.name.clone(),
                to: after.name.clone(),
            });
        }
    }
    for after in &new.attributes {
        let Some(before) = before.get(&after.id) else {
            found.push(Alteration::AddAttribute {
                attribute: after.clone(),
            });
            continue;
        };
        if before.data_type != after.data_type || before.collation != after.collation {
            found.push(Alteration::SetAttributeType {
                attribute: after.name.clone(),
                from: before.data_type.clone(),
                to: after.data_type.clone(),
                collation: after.collation.as_ref().map(qualified),
            });
        }
        comment(
            Part::Column(after.name.clone()),
            before.comment.as_ref(),
            after.comment.as_ref(),
            found,
        );
    }
}
