//! `USING` expressions of column type changes, read back from the statements of a branch.

use super::analyse;
use super::tokens::{Kind, Tokens};
use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableType};

/// `ALTER TABLE table ALTER COLUMN column TYPE new_type USING expression`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsingExpression {
    /// `None` where the statement leaves it to the search path.
    pub schema: Option<String>,
    pub table: String,
    pub column: String,
    /// The new type as the statement spells it.
    pub new_type: String,
    /// The expression as the statement spells it.
    pub expression: String,
}

/// All `USING` expressions of the statements in `text`; none if it cannot be parsed.
pub fn using_expressions(text: &str) -> Vec<UsingExpression> {
    let (Some(tokens), Ok(tree)) = (Tokens::of(text), analyse::parse(text)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for statement in tree.stmts {
        let Some(NodeEnum::AlterTableStmt(alter)) = statement.stmt.and_then(|node| node.node)
        else {
            continue;
        };
        let Some(table) = alter.relation else {
            continue;
        };
        for command in alter.cmds {
            if let Some(NodeEnum::AlterTableCmd(command)) = command.node
                && let Some((new_type, expression)) = of_command(&tokens, &command)
            {
                found.push(UsingExpression {
                    schema: (!table.schemaname.is_empty()).then(|| table.schemaname.clone()),
                    table: table.relname.clone(),
                    column: command.name,
                    new_type,
                    expression,
                });
            }
        }
    }
    found
}

/// The new type and the expression of `ALTER COLUMN … TYPE … USING …`.
fn of_command(tokens: &Tokens<'_>, command: &AlterTableCmd) -> Option<(String, String)> {
    if command.subtype() != AlterTableType::AtAlterColumnType {
        return None;
    }
    let Some(NodeEnum::ColumnDef(column)) = command.def.as_ref()?.node.as_ref() else {
        return None;
    };
    column.raw_default.as_ref()?;
    let start = usize::try_from(column.type_name.as_ref()?.location).ok()?;
    let first = tokens.starting_at(start)?;
    let using = next(tokens, first, &[Kind::Using])?;
    let type_end =
        next(tokens, first, &[Kind::Collate]).map_or(using, |collate| collate.min(using));
    let end = next(tokens, using, &[Kind::Ascii44, Kind::Ascii59]).unwrap_or(tokens.len());
    let source = |range| tokens.text().get(tokens.bytes(&range)).map(str::to_owned);
    Some((source(first..type_end)?, source(using + 1..end)?))
}

/// The first token of one of these kinds, outside parentheses and brackets.
fn next(tokens: &Tokens<'_>, from: usize, kinds: &[Kind]) -> Option<usize> {
    let mut depth = 0_usize;
    (from..tokens.len()).find(|index| match tokens.kind(*index) {
        Some(Kind::Ascii40 | Kind::Ascii91) => {
            depth += 1;
            false
        }
        Some(Kind::Ascii41 | Kind::Ascii93) => {
            depth = depth.saturating_sub(1);
            false
        }
        Some(kind) => depth == 0 && kinds.contains(&kind),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_they_are_spelled() {
        let text = "ALTER TABLE app.t ALTER a TYPE numeric(10, 2) COLLATE \"C\" USING f(a, 1)::numeric, \
                    ALTER COLUMN \"B\" SET DATA TYPE int[] USING ARRAY[\"B\", 2], ALTER c TYPE text; \
                    SELECT 1; ALTER TABLE u ALTER d TYPE app . mood USING d::text::app.mood";
        let found: Vec<_> = using_expressions(text)
            .into_iter()
            .map(|found| {
                (
                    found.schema.unwrap_or_default(),
                    found.table,
                    found.column,
                    found.new_type,
                    found.expression,
                )
            })
            .collect();
        let expected = [
            ("app", "t", "a", "numeric(10, 2)", "f(a, 1)::numeric"),
            ("app", "t", "B", "int[]", "ARRAY[\"B\", 2]"),
            ("", "u", "d", "app . mood", "d::text::app.mood"),
        ];
        let expected = expected.map(|(a, b, c, d, e)| {
            (
                a.to_owned(),
                b.to_owned(),
                c.to_owned(),
                d.to_owned(),
                e.to_owned(),
            )
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn other_statements_have_none() {
        for text in [
            "",
            "SELECT 1",
            "SELEC",
            "DELETE FROM a USING b",
            "ALTER TABLE t ALTER a TYPE int",
        ] {
            assert_eq!(using_expressions(text), [], "{text}");
        }
    }
}
