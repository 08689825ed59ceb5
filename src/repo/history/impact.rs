//! What would break if an object or a column was dropped, and what would break with that.

mod search;

use super::object::{Found, ObjectPath};
use crate::error::ErrorReport;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::reference::Ref;
use crate::schema::Snapshot;
use crate::schema::model::{Lineage, Name};
use search::broken_by;
use std::collections::BTreeSet;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The object itself is at 0.
    pub depth: usize,
    /// The object behind the lines that lead to it.
    pub tree: String,
    pub object: String,
    /// What it has to do with the line above it that is one less deep; nothing at 0.
    pub why: Option<String>,
}

/// What would break, as a tree, if what a ref's schema calls so was dropped.
pub async fn impact(
    database: &Database,
    at: &Ref,
    object: &ObjectPath,
) -> Result<Vec<Branch>, ErrorReport> {
    let snapshot = snapshot(database, at).await?;
    let Found { object, column } = object.find_with_column(&snapshot)?;
    Ok(tree(
        &snapshot,
        column.map_or(Node::Object(object), |column| Node::Column(object, column)),
    ))
}

async fn snapshot(database: &Database, at: &Ref) -> Result<Snapshot, RepoError> {
    let mut reader = database.reader();
    let commit = at.resolve(database, &mut reader).await?;
    let tree = database.head_at(&mut reader, commit).await?.tree;
    database.snapshot(tree).await
}

/// Something that others need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Object(Lineage),
    /// Of a table.
    Column(Lineage, Lineage),
}

/// Something that breaks.
#[derive(Clone, Debug)]
struct Broken {
    object: String,
    why: String,
    /// Where more may break with it.
    node: Option<Node>,
}

/// The tree of what breaks with `root`. What breaks in several ways is followed where it is first met.
fn tree(snapshot: &Snapshot, root: Node) -> Vec<Branch> {
    let Some(name) = label(snapshot, root) else {
        return Vec::new();
    };
    let mut lines = vec![Branch {
        depth: 0,
        tree: name.clone(),
        object: name,
        why: None,
    }];
    let mut followed = BTreeSet::from([root]);
    // What is still to be drawn, the next one last: with the lines before it, and whether more come after it.
    let mut pending: Vec<(Broken, String, bool, usize)> = Vec::new();
    let follow = |node: Node, before: &str, depth: usize, pending: &mut Vec<_>| {
        let mut broken = broken_by(snapshot, node);
        broken.sort_by(|one, other| (&one.object, &one.why).cmp(&(&other.object, &other.why)));
        for (back, broken) in broken.into_iter().rev().enumerate() {
            pending.push((broken, before.to_owned(), back > 0, depth));
        }
    };
    follow(root, "", 1, &mut pending);
    while let Some((broken, before, more, depth)) = pending.pop() {
        let fork = if more { "├─ " } else { "└─ " };
        lines.push(Branch {
            depth,
            tree: format!("{before}{fork}{}", broken.object),
            object: broken.object,
            why: Some(broken.why),
        });
        if let Some(node) = broken.node
            && followed.insert(node)
        {
            let before = before + if more { "│  " } else { "   " };
            follow(node, &before, depth + 1, &mut pending);
        }
    }
    lines
}

fn label(snapshot: &Snapshot, node: Node) -> Option<String> {
    match node {
        Node::Object(lineage) => Some(snapshot.get(&lineage)?.key().to_string()),
        Node::Column(table, column) => {
            let table = snapshot.get(&table)?.as_table()?;
            let column = table.columns.iter().find(|one| one.id == column)?;
            Some(part("column", &table.name, &column.name))
        }
    }
}

/// A part of a table: `column public.users.email`.
fn part(kind: &str, table: &Name, name: &str) -> String {
    format!("{kind} {}.{}.{name}", table.schema, table.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{
        Body, Constraint, ConstraintKind, Definition, Kind, ObjectKey, Routine,
    };
    use crate::schema::samples::{column, definition, owned, snapshot, table, view};

    fn drawn(snapshot: &Snapshot, root: Node) -> Vec<String> {
        tree(snapshot, root)
            .into_iter()
            .map(|line| match line.why {
                Some(why) => format!("{} ({why})", line.tree),
                None => line.tree,
            })
            .collect()
    }

    fn key(kind: Kind, name: &str) -> ObjectKey {
        ObjectKey::of(kind, &Name::new("public", name))
    }

    fn function(name: &str, code: &str) -> Definition {
        definition(Body::Routine(Routine {
            name: Name::new("public", name),
            identity_arguments: String::new(),
            procedure: false,
            signature: "RETURNS integer".to_owned(),
            definition: format!(
                "CREATE OR REPLACE FUNCTION public.{name}()\n RETURNS integer\n LANGUAGE plpgsql\nAS $function${code}$function$\n"
            ),
        }))
    }

    /// Tables `users (id, name)` and `posts (author)` that references it, views on them, and a function that reads one.
    fn schema() -> Snapshot {
        let users = table(
            "users",
            vec![column(91, "id", "integer"), column(92, "name", "text")],
        );
        let mut posts = table("posts", vec![column(93, "author", "integer")]);
        posts.constraints.insert(
            "posts_author_fkey".to_owned(),
            Constraint {
                kind: ConstraintKind::Foreign,
                definition: "FOREIGN KEY (author) REFERENCES public.users(id)".to_owned(),
                columns: vec!["author".to_owned()],
                references: Some(Name::new("public", "users")),
                comment: None,
                inherited: false,
                index: crate::schema::model::IndexAttributes::default(),
            },
        );
        snapshot([
            (1, owned(Body::Table(users))),
            (2, owned(Body::Table(posts))),
            (
                3,
                view(
                    "names",
                    " SELECT users.name\n   FROM public.users",
                    &[key(Kind::Table, "users")],
                ),
            ),
            (
                4,
                view(
                    "more",
                    " SELECT names.name\n   FROM public.names",
                    &[key(Kind::View, "names")],
                ),
            ),
            (
                5,
                view(
                    "ids",
                    " SELECT users.id\n   FROM public.users",
                    &[key(Kind::Table, "users")],
                ),
            ),
            (
                6,
                function(
                    "count_names",
                    "BEGIN RETURN (SELECT count(*) FROM More); END",
                ),
            ),
            (
                7,
                function("other", "BEGIN RETURN more(1) + other.more; END"),
            ),
        ])
    }

    #[test]
    fn what_breaks_is_drawn_as_a_tree() {
        assert_eq!(
            drawn(&schema(), Node::Object(Lineage([1; 16]))),
            [
                "table public.users",
                "├─ constraint public.posts.posts_author_fkey (foreign key to it)",
                "├─ view public.ids (reads it)",
                "└─ view public.names (reads it)",
                "   └─ view public.more (reads it)",
                "      └─ routine public.count_names() (its body speaks of it)",
            ]
        );
    }

    #[test]
    fn a_column_breaks_what_reads_it() {
        assert_eq!(
            drawn(&schema(), Node::Column(Lineage([1; 16]), Lineage([91; 16]))),
            [
                "column public.users.id",
                "├─ constraint public.posts.posts_author_fkey (foreign key to it)",
                "└─ view public.ids (reads it)",
            ]
        );
        let name = drawn(&schema(), Node::Column(Lineage([1; 16]), Lineage([92; 16])));
        assert_eq!(name.len(), 4, "{name:#?}");
        assert_eq!(name[1], "└─ view public.names (reads it)");
    }

    #[test]
    fn what_breaks_twice_is_followed_once() {
        let needs = |names: &[&str]| -> Vec<ObjectKey> {
            names.iter().map(|name| key(Kind::View, name)).collect()
        };
        let schema = snapshot([
            (1, view("a", " SELECT 1 AS x", &[])),
            (2, view("b", " SELECT 1 AS x", &needs(&["a"]))),
            (3, view("c", " SELECT 1 AS x", &needs(&["a"]))),
            (4, view("d", " SELECT 1 AS x", &needs(&["b", "c"]))),
            (5, view("e", " SELECT 1 AS x", &needs(&["d"]))),
        ]);
        assert_eq!(
            drawn(&schema, Node::Object(Lineage([1; 16]))),
            [
                "view public.a",
                "├─ view public.b (reads it)",
                "│  └─ view public.d (reads it)",
                "│     └─ view public.e (reads it)",
                "└─ view public.c (reads it)",
                "   └─ view public.d (reads it)",
            ]
        );
    }
}
