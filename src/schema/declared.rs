//! What [`Declared`] objects of all kinds can do.

use super::model::{Declared, Kind, Name};
use super::quote::{qualified, qualified_operator, quote_identifier};
use super::rename::with_own_name;
use super::token::{TokenKind, tokens};

/// Settings that are expressions over the relation's columns.
const EXPRESSIONS: &[&str] = &["using", "check"];

impl Declared {
    /// Its name as its statement has it.
    pub fn own_name(&self) -> String {
        if self.declares.is_on_relation() {
            quote_identifier(&self.name.name).into_owned()
        } else if self.declares == Kind::Operator {
            qualified_operator(&self.name)
        } else {
            qualified(&self.name)
        }
    }

    /// Brings the statement in line with the name.
    pub fn name_statement(&mut self) {
        self.statement = with_own_name(&self.statement, self.declares, &self.own_name());
    }

    /// The name of a range's multirange.
    pub fn multirange(&self) -> Option<Name> {
        let text = self.settings.get("multirange")?;
        match tokens(text).as_slice() {
            [schema, _, name] => match (&schema.kind, &name.kind) {
                (TokenKind::Name(schema), TokenKind::Name(name)) => {
                    Some(Name::new(schema.as_ref(), name.as_ref()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a range is a range of.
    pub fn subtype(&self) -> Option<&str> {
        let (_, rest) = self.statement.split_once("SUBTYPE = ")?;
        rest.split([',', '\n']).next()
    }

    /// Everything in it that may speak of other objects.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let settings = self.settings.iter();
        std::iter::once(self.statement.as_str()).chain(
            settings
                .filter(|(name, _)| is_expression(self.declares, name))
                .flat_map(|(name, text)| [name.as_str(), text.as_str()]),
        )
    }

    /// The settings that speak of columns and other objects.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let declares = self.declares;
        self.settings
            .iter_mut()
            .filter(move |(name, _)| is_expression(declares, name))
            .map(|(_, text)| text)
    }
}

/// Whether a setting holds names of other objects.
fn is_expression(declares: Kind, setting: &str) -> bool {
    EXPRESSIONS.contains(&setting)
        || matches!(
            declares,
            Kind::Operator | Kind::OperatorFamily | Kind::TextSearchConfiguration | Kind::BaseType
        )
}

/// The statement of extended statistics with its columns by name: the server prints them in the table's
/// order, before the expressions.
pub fn with_sorted_columns(statement: &str) -> String {
    let scanned = tokens(statement);
    let listed = scanned.iter().skip_while(|token| !token.is("ON")).skip(1);
    let followed = listed.clone().skip(1);
    let mut columns: Vec<(usize, usize)> = listed
        .zip(followed)
        .step_by(2)
        .take_while(|(token, next)| {
            matches!(token.kind, TokenKind::Name(_)) && (next.is(",") || next.is("FROM"))
        })
        .map(|(token, _)| (token.start, token.end))
        .collect();
    let (Some((first, _)), Some((_, last))) = (columns.first().copied(), columns.last().copied())
    else {
        return statement.to_owned();
    };
    columns.sort_by_key(|(start, end)| &statement[*start..*end]);
    let columns: Vec<&str> = columns
        .into_iter()
        .map(|(start, end)| &statement[start..end])
        .collect();
    let (before, after) = (&statement[..first], &statement[last..]);
    format!("{before}{}{after}", columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::with_sorted_columns;

    #[test]
    fn columns_of_statistics_go_by_name() {
        for (printed, sorted) in [
            (
                "CREATE STATISTICS s (mcv) ON \"on\", b, a FROM public.t",
                "CREATE STATISTICS s (mcv) ON \"on\", a, b FROM public.t",
            ),
            (
                "CREATE STATISTICS s ON b, a, lower(c), (b + a) FROM t",
                "CREATE STATISTICS s ON a, b, lower(c), (b + a) FROM t",
            ),
            (
                "CREATE STATISTICS s ON lower(c) FROM public.t",
                "CREATE STATISTICS s ON lower(c) FROM public.t",
            ),
        ] {
            assert_eq!(with_sorted_columns(printed), sorted);
        }
    }
}
