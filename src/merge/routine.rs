//! A routine's printed definition as attributes: what it takes, gives and does is one, each option and each setting is one of
//! its own. So a new body on one side merges with `COST 7` or `SET search_path` on the other.

use super::three::Three;
use super::tree::Tree;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The parts of what `pg_get_functiondef` prints (`src/backend/utils/adt/ruleutils.c`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Up to the language.
    pub head: &'a str,
    /// What each option says, by its place in [`OPTIONS`].
    options: BTreeMap<usize, String>,
    support: Option<&'a str>,
    /// `SET …`, by parameter, in order.
    settings: Vec<(&'a str, &'a str)>,
    pub body: &'a str,
}

/// Options in the order in which they are printed, on one line, each with the words that begin it.
const OPTIONS: &[(&str, &[&str])] = &[
    ("window", &["WINDOW"]),
    ("volatility", &["IMMUTABLE", "STABLE"]),
    ("parallel", &["PARALLEL"]),
    ("strict", &["STRICT"]),
    ("security", &["SECURITY"]),
    ("leakproof", &["LEAKPROOF"]),
    ("cost", &["COST"]),
    ("rows", &["ROWS"]),
];

const SUPPORT: &str = "support";

impl<'a> Parts<'a> {
    /// `None` if it is not printed as it is known to be.
    pub fn of(definition: &'a str) -> Option<Self> {
        let language = definition.find("\n LANGUAGE ")? + 1;
        let head_end = language + definition.get(language..)?.find('\n')?;
        let mut parts = Self {
            head: definition.get(..head_end)?,
            ..Self::default()
        };
        let mut rest = definition.get(head_end + 1..)?;
        while let Some(line) = rest.strip_prefix(' ') {
            let end = line.find('\n')?;
            let (line, after) = (line.get(..end)?, line.get(end + 1..)?);
            if let Some(setting) = line.strip_prefix("SET ") {
                let (name, _) = setting.split_once(" TO ")?;
                parts.settings.push((name, line));
            } else if line.starts_with("SUPPORT ") {
                parts.support = Some(line);
            } else {
                parts.read_options(line)?;
            }
            rest = after;
        }
        parts.body = rest;
        (parts.print() == definition).then_some(parts)
    }

    fn read_options(&mut self, line: &str) -> Option<()> {
        let mut current = None;
        for word in line.split(' ') {
            let begins = OPTIONS.iter().position(|(_, words)| words.contains(&word));
            current = begins.or(current);
            let text = self.options.entry(current?).or_default();
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        Some(())
    }

    fn print(&self) -> String {
        let mut text = self.head.to_owned();
        let options: Vec<&str> = self.options.values().map(String::as_str).collect();
        if !options.is_empty() {
            let _ = write!(text, "\n {}", options.join(" "));
        }
        let settings = self.settings.iter().map(|(_, line)| *line);
        for line in self.support.into_iter().chain(settings) {
            let _ = write!(text, "\n {line}");
        }
        text.push('\n');
        text.push_str(self.body);
        text
    }
}

/// Cuts the definitions of all three sides, if each can be cut.
pub fn split(trees: &mut Three<Option<Tree>>) {
    let mut cut = trees.clone();
    let sides = [&mut cut.base, &mut cut.source, &mut cut.target];
    if sides
        .into_iter()
        .flatten()
        .all(|tree| split_one(tree).is_some())
    {
        *trees = cut;
    }
}

fn split_one(tree: &mut Tree) -> Option<()> {
    let Tree::Map(attributes) = tree else {
        return None;
    };
    let Some(Tree::Atom(Value::Object(whole))) = attributes.get_mut("definition") else {
        return None;
    };
    let text = whole.get("definition")?.as_str()?.to_owned();
    let parts = Parts::of(&text)?;
    whole.remove("definition");
    whole.insert("head".to_owned(), parts.head.into());
    whole.insert("body".to_owned(), parts.body.into());
    let mut options: BTreeMap<String, Tree> = BTreeMap::new();
    for (place, text) in &parts.options {
        let (name, _) = OPTIONS.get(*place)?;
        options.insert((*name).to_owned(), Tree::Atom(text.as_str().into()));
    }
    if let Some(support) = parts.support {
        options.insert(SUPPORT.to_owned(), Tree::Atom(support.into()));
    }
    let settings = parts
        .settings
        .iter()
        .map(|(name, line)| ((*name).to_owned(), Tree::Atom((*line).into())))
        .collect();
    attributes.insert("options".to_owned(), Tree::Map(options));
    attributes.insert("configuration".to_owned(), Tree::Map(settings));
    Some(())
}

/// Puts what was cut together again.
pub fn join(tree: &mut Tree) {
    let Tree::Map(attributes) = tree else {
        return;
    };
    let Some(Tree::Atom(Value::Object(whole))) = attributes.get_mut("definition") else {
        return;
    };
    let (Some(Value::String(head)), Some(Value::String(body))) =
        (whole.remove("head"), whole.remove("body"))
    else {
        return;
    };
    let texts = |tree: Option<Tree>| -> BTreeMap<String, String> {
        let Some(Tree::Map(entries)) = tree else {
            return BTreeMap::new();
        };
        let text = |tree: &Tree| tree.value().as_str().map(str::to_owned);
        let entries = entries.iter();
        entries
            .filter_map(|(name, tree)| Some((name.clone(), text(tree)?)))
            .collect()
    };
    let options = texts(attributes.remove("options"));
    let settings = texts(attributes.remove("configuration"));
    let parts = Parts {
        head: &head,
        options: OPTIONS
            .iter()
            .enumerate()
            .filter_map(|(place, (name, _))| Some((place, options.get(*name)?.clone())))
            .collect(),
        support: options.get(SUPPORT).map(String::as_str),
        settings: settings
            .iter()
            .map(|(name, line)| (name.as_str(), line.as_str()))
            .collect(),
        body: &body,
    };
    let text = parts.print();
    if let Some(Tree::Atom(Value::Object(whole))) = attributes.get_mut("definition") {
        whole.insert("definition".to_owned(), text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "CREATE OR REPLACE FUNCTION public.f(a integer DEFAULT 1)\n RETURNS SETOF integer\n LANGUAGE sql\n STABLE PARALLEL SAFE STRICT SECURITY DEFINER COST 7 ROWS 5\n SET search_path TO 'public', 'app'\n SET work_mem TO '1MB'\nAS $function$\n LANGUAGE none\n$function$";

    #[test]
    fn what_is_printed_is_cut_and_printed_alike() {
        let parts = Parts::of(PRINTED).unwrap();
        assert_eq!(parts.body, "AS $function$\n LANGUAGE none\n$function$");
        assert_eq!(parts.settings.len(), 2);
        assert_eq!(parts.options.len(), 6);
        assert_eq!(parts.print(), PRINTED);
        let atomic =
            "CREATE OR REPLACE FUNCTION public.g()\n RETURNS integer\n LANGUAGE sql\nRETURN 1\n";
        assert_eq!(Parts::of(atomic).unwrap().body, "RETURN 1\n");
    }

    #[test]
    fn what_is_printed_otherwise_stays_whole() {
        let unknown = PRINTED.replace("STABLE", "EVENTUAL");
        assert_eq!(Parts::of(&unknown), None);
        let disordered = PRINTED.replace("COST 7 ROWS 5", "ROWS 5 COST 7");
        assert_eq!(Parts::of(&disordered), None);
        assert_eq!(Parts::of("CREATE FUNCTION"), None);
    }
}
