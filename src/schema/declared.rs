//! What [`Declared`] objects of all kinds can do.

use super::model::Declared;
use super::quote::{qualified, quote_identifier};
use super::rename::with_own_name;

/// Settings that are expressions over the relation's columns.
const EXPRESSIONS: &[&str] = &["using", "check"];

impl Declared {
    /// Its name as its statement has it.
    pub fn own_name(&self) -> String {
        if self.declares.is_on_relation() {
            quote_identifier(&self.name.name).into_owned()
        } else {
            qualified(&self.name)
        }
    }

    /// Brings the statement in line with the name.
    pub fn name_statement(&mut self) {
        self.statement = with_own_name(&self.statement, self.declares, &self.own_name());
    }

    /// Everything in it that may speak of other objects.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let settings = self.settings.iter();
        std::iter::once(self.statement.as_str()).chain(
            settings
                .filter(|(name, _)| EXPRESSIONS.contains(&name.as_str()))
                .map(|(_, text)| text.as_str()),
        )
    }

    /// The settings that speak of columns and other objects.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.settings
            .iter_mut()
            .filter(|(name, _)| EXPRESSIONS.contains(&name.as_str()))
            .map(|(_, text)| text)
    }
}
