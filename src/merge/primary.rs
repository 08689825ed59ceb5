//! A table has one primary key, whatever it is called: two that the sides have made under different names are one attribute.

use super::three::Three;
use super::tree::Tree;
use super::union::{constraints_of, definition, is_primary};
use serde_json::Value;

/// Under which both are put: no name that PostgreSQL or a person would choose.
const KEY: &str = "primary key";
const NAME: &str = "name";

/// Puts primary keys that each side has made under a name of its own in one place.
pub fn join(trees: &mut Three<Option<Tree>>) {
    let named = |tree: &Option<Tree>| tree.as_ref().and_then(primary_key);
    let names = trees.as_ref().map(named);
    let (Some(ours), Some(theirs)) = (names.source, names.target) else {
        return;
    };
    let known = [&ours, &theirs]
        .into_iter()
        .any(|name| trees.base.as_ref().is_some_and(|base| has(base, name)));
    if ours == theirs || known {
        return;
    }
    for (tree, name) in [(&mut trees.source, ours), (&mut trees.target, theirs)] {
        if let Some(tree) = tree {
            rename(tree, &name, KEY, |definition| {
                definition.insert(NAME.to_owned(), name.as_str().into());
            });
        }
    }
}

/// Gives the one that was decided for its name back.
pub fn part(tree: &mut Tree) {
    let name = constraints_of(tree)
        .and_then(|constraints| definition(constraints.get(KEY)?)?.get(NAME)?.as_str())
        .map(str::to_owned);
    if let Some(name) = name {
        rename(tree, KEY, &name, |definition| {
            definition.remove(NAME);
        });
    }
}

fn rename(
    tree: &mut Tree,
    from: &str,
    to: &str,
    change: impl FnOnce(&mut serde_json::Map<String, Value>),
) {
    let Tree::Map(attributes) = tree else {
        return;
    };
    let Some(Tree::Map(constraints)) = attributes.get_mut("constraints") else {
        return;
    };
    let Some(mut constraint) = constraints.remove(from) else {
        return;
    };
    if let Tree::Map(parts) = &mut constraint
        && let Some(Tree::Atom(Value::Object(definition))) = parts.get_mut("definition")
    {
        change(definition);
    }
    constraints.insert(to.to_owned(), constraint);
}

fn has(tree: &Tree, name: &str) -> bool {
    constraints_of(tree).is_some_and(|constraints| constraints.contains_key(name))
}

fn primary_key(tree: &Tree) -> Option<String> {
    let is_primary = |constraint: &Tree| definition(constraint).is_some_and(is_primary);
    let mut all = constraints_of(tree)?.iter();
    let (name, _) = all.find(|(_, constraint)| is_primary(constraint))?;
    Some(name.clone())
}
