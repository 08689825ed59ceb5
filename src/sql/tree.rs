//! What the parse tree says about the names in a text.
//!
//! The tree has some 270 kinds of node, and names may stand in most of them. It is walked as serde
//! walks it: every struct comes by with its name and its fields, so no kind can be forgotten.

use super::walk::{Node, Visitor, walk};
use crate::branch::NameUse;
use pg_query::protobuf::ParseResult;
use std::collections::{BTreeMap, BTreeSet};

/// What names mean, by where they start: bytes of the text that was parsed.
#[derive(Debug, Default)]
pub struct Meanings {
    /// Column references, and how many parts they have: `a.b` is a column of relation `a`,
    /// `a.b.c` one of relation `b` in schema `a`.
    pub columns: BTreeMap<usize, usize>,
    /// Dotted things that are no names of objects: `SET col.field = …`, `WITH (toast.fillfactor = …)`.
    pub others: BTreeSet<usize>,
    /// What relations are named for, where it is not the statement's own use.
    pub uses: BTreeMap<usize, NameUse>,
    /// Names of relations, types and functions that the text leaves to the search path.
    pub unqualified: BTreeMap<usize, String>,
    /// Names of operator classes that the text leaves to the search path. The tree does not say where they are.
    pub operator_classes: BTreeSet<String>,
    /// Relations, wherever the text names them as such.
    pub relations: BTreeSet<usize>,
    /// Names that `WITH` gives to queries.
    pub queries: BTreeSet<String>,
    /// Relations whose rows a query reads, and whether they have an alias.
    pub read_relations: BTreeMap<usize, bool>,
    /// Functions that are called, and the values that SQL writes like columns (`CURRENT_SCHEMA`).
    pub calls: BTreeSet<usize>,
    /// Casts, by where `::` or `CAST` stands, and where the first thing stands that is in them. Parentheses are none.
    pub casts: BTreeMap<usize, usize>,
    /// The relation that the walk is in has an alias.
    aliased: bool,
}

impl Meanings {
    pub fn of(tree: &ParseResult) -> Self {
        let mut meanings = Self::default();
        walk(tree, &mut meanings);
        let queries = &meanings.queries;
        meanings
            .unqualified
            .retain(|_, name| !queries.contains(name));
        meanings
    }
}

impl Visitor for Meanings {
    fn leave(&mut self, node: &Node, above: &[Node]) {
        if matches!(node.kind, "IndexElem" | "PartitionElem")
            && node.count("opclass") == 1
            && let Some(name) = node.text("opclass")
        {
            self.operator_classes.insert(name.to_owned());
        }
        if node.kind == "Alias" && above.last().is_some_and(|node| node.kind == "RangeVar") {
            self.aliased = true;
        }
        let Ok(at) = usize::try_from(node.location) else {
            return;
        };
        match node.kind {
            "ColumnRef" => {
                self.columns.insert(at, node.count("fields"));
            }
            "ResTarget" if node.count("indirection") > 0 => {
                self.others.insert(at);
            }
            "DefElem" if node.text("defnamespace").is_some() => {
                self.others.insert(at);
            }
            "CommonTableExpr" => self.queries.extend(node.text("ctename").map(str::to_owned)),
            "FuncCall" => {
                self.calls.insert(at);
                self.leave_to_search_path(at, node, "funcname");
            }
            "SqlValueFunction" => {
                self.calls.insert(at);
            }
            "TypeCast" => {
                let leftmost = usize::try_from(node.leftmost).unwrap_or(at);
                self.casts.insert(at, leftmost);
            }
            "TypeName" => self.leave_to_search_path(at, node, "names"),
            "RangeVar" => {
                self.relations.insert(at);
                if node.text("schemaname").is_none()
                    && let Some(name) = node.text("relname")
                {
                    self.unqualified.insert(at, name.to_owned());
                }
                if let Some(usage) = relation_use(above) {
                    self.uses.insert(at, usage);
                }
                let is_aliased = std::mem::take(&mut self.aliased);
                if above.last().is_some_and(is_source) {
                    self.read_relations.insert(at, is_aliased);
                }
            }
            _ => {}
        }
    }
}

impl Meanings {
    fn leave_to_search_path(&mut self, at: usize, node: &Node, field: &'static str) {
        if let Some(name) = node.text(field)
            && node.count(field) == 1
        {
            self.unqualified.insert(at, name.to_owned());
        }
    }
}

/// Whether what stands in this field is a source of rows.
fn is_source(node: &Node) -> bool {
    matches!(
        (node.kind, node.field),
        ("SelectStmt" | "UpdateStmt", "from_clause")
            | ("JoinExpr", "larg" | "rarg")
            | ("DeleteStmt", "using_clause")
            | ("MergeStmt", "source_relation")
    )
}

/// What a relation is named for by the nodes around it; `None` where the statement decides.
fn relation_use(above: &[Node]) -> Option<NameUse> {
    let parent = above.last()?;
    match (parent.kind, parent.field) {
        ("InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt", "relation") => {
            Some(NameUse::Write)
        }
        _ => above
            .iter()
            .any(|node| node.kind == "SelectStmt")
            .then_some(NameUse::Read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meanings(text: &str) -> Meanings {
        Meanings::of(&pg_query::parse(text, 0).expect("parses").protobuf)
    }

    #[test]
    fn columns_are_told_from_names_of_objects() {
        let found = meanings("SELECT a.b, s.t.c, s.t.*, s.f(x.y) FROM s.t a");
        let columns: Vec<(usize, usize)> = found.columns.into_iter().collect();
        assert_eq!(columns, [(7, 2), (12, 3), (19, 3), (30, 2)]);
        assert!(found.others.is_empty());
    }

    #[test]
    fn fields_and_options_are_no_names() {
        assert_eq!(meanings("UPDATE t SET a.b = 1").others, [13].into());
        assert_eq!(
            meanings("ALTER TABLE t SET (toast.fillfactor = 9)").others,
            [19].into()
        );
    }

    #[test]
    fn casts_are_found_with_their_beginnings() {
        let text = "SELECT (a || f(b))::text::regclass, CAST(c AS text), $1::oid";
        let casts: Vec<_> = meanings(text).casts.into_iter().collect();
        assert_eq!(casts, [(18, 8), (24, 8), (36, 36), (55, 53)]);
    }

    #[test]
    fn relations_are_named_for_reading_or_writing() {
        let text = "WITH q AS (SELECT 1) INSERT INTO t SELECT f(x) FROM u, q";
        let found = meanings(text);
        let used = |name| found.uses.get(&text.find(name).expect("named"));
        assert_eq!(used("t SELECT"), Some(&NameUse::Write));
        assert_eq!(used("u, q"), Some(&NameUse::Read));
        let names: Vec<&str> = found.unqualified.values().map(String::as_str).collect();
        assert_eq!(names, ["t", "f", "u"]);
    }
}
