//! The one place that turns a logical name into a physical one, and back.

use super::logical::Finder;
use crate::catalog::{ExtensionMembers, SystemRelations};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The default branch. Its logical and physical names are equal.
pub const MAIN: &str = "main";

/// PostgreSQL cuts identifiers at `NAMEDATALEN - 1` bytes (`src/include/pg_config_manual.h`).
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// What a name is wanted for. For structure branches the answers agree; data branches will differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameUse {
    /// Rows are read, or the object is only looked at.
    Read,
    /// Rows are written.
    Write,
    /// The object itself is created, altered or dropped.
    Define,
}

/// The name of an object in a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectName<'a> {
    Relation(&'a str),
    /// Of a type, a routine, an operator or whatever else.
    Other(&'a str),
}

/// What all branches of a database share, and therefore keep where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedObjects {
    /// Names of those that are installed.
    pub extensions: BTreeSet<String>,
    /// Members of extensions that live in versioned schemas, as `public.citext`.
    pub extension_members: ExtensionMembers,
    /// Schemas that configuration excludes from versioning.
    pub excluded_schemas: BTreeSet<String>,
    /// What the system's own relations are. Empty: they are left as they are.
    pub system: Arc<SystemRelations>,
}

impl SharedObjects {
    /// Whether an extension owns an object of that name.
    fn is_member(&self, schema: &str, object: ObjectName<'_>) -> bool {
        let (is_relation, name) = match object {
            ObjectName::Relation(name) => (true, name),
            ObjectName::Other(name) => (false, name),
        };
        let members = self.extension_members.of_class(is_relation);
        !members.is_empty() && members.contains(&(schema.to_owned(), name.to_owned()))
    }

    /// Schemas in which extensions have put operators: an operator is found through the search path alone,
    /// and a branch's path has none of these.
    pub fn operator_schemas(&self) -> BTreeSet<&str> {
        let is_operator = |name: &str| {
            name.bytes()
                .all(|byte| b"+-*/<>=~!@#%^&|`?".contains(&byte))
        };
        self.extension_members
            .others
            .iter()
            .filter(|(schema, name)| is_operator(name) && !self.excluded_schemas.contains(schema))
            .map(|(schema, _)| schema.as_str())
            .collect()
    }
}

/// How the names of one branch map to physical schemas. Immutable: a change makes a new map with a
/// higher version.
#[derive(Clone, Debug)]
pub struct BranchMap {
    branch: Arc<str>,
    id: i64,
    version: u64,
    physical: BTreeMap<String, String>,
    logical: BTreeMap<String, String>,
    shared: Arc<SharedObjects>,
    /// Other branches than this have schemas in the database. Known of `main` only.
    has_company: bool,
    finder: Finder,
}

impl BranchMap {
    /// `schemas` are the stored pairs (logical, physical); `main` needs none.
    pub fn new(
        branch: impl Into<Arc<str>>,
        id: i64,
        version: u64,
        schemas: impl IntoIterator<Item = (String, String)>,
        shared: Arc<SharedObjects>,
    ) -> Self {
        let physical: BTreeMap<String, String> = schemas.into_iter().collect();
        let logical = physical
            .iter()
            .map(|(logical, physical)| (physical.clone(), logical.clone()))
            .collect();
        Self {
            branch: branch.into(),
            id,
            version,
            physical,
            logical,
            shared,
            has_company: false,
            finder: Finder::default(),
        }
    }

    /// The same, where `has_company` says whether any branch but `main` has schemas.
    #[must_use]
    pub fn with_company(self, has_company: bool) -> Self {
        Self {
            has_company,
            ..self
        }
    }

    /// The same with further logical schemas, where new ones go. Its version follows from them, and is none that a registry
    /// gives out.
    #[must_use]
    pub fn with_schemas<'a>(&self, added: impl IntoIterator<Item = &'a str>) -> Self {
        let mut schemas: BTreeMap<String, String> = self.physical.clone();
        for logical in added {
            let physical = self.physical_schema(logical, None, NameUse::Define);
            schemas.insert(logical.to_owned(), physical.into_owned());
        }
        let mut hasher = DefaultHasher::new();
        (self.version, &schemas).hash(&mut hasher);
        let version = hasher.finish() | 1 << 63;
        let branch = Arc::clone(&self.branch);
        Self::new(branch, self.id, version, schemas, Arc::clone(&self.shared))
            .with_company(self.has_company)
    }

    /// Whether the branch has a schema of this logical name.
    pub fn has_schema(&self, logical: &str) -> bool {
        self.physical.contains_key(logical)
    }

    /// Whether the catalogs show more than this branch: always on a branch, and on `main` while others have schemas.
    pub fn is_among_others(&self) -> bool {
        !self.is_main() || self.has_company
    }

    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// `pggit.branch.id`.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Part of every plan-cache key: a plan made under another version is not valid.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn is_main(&self) -> bool {
        &*self.branch == MAIN
    }

    pub fn shared(&self) -> &SharedObjects {
        &self.shared
    }

    /// The logical schemas of this branch and where they are, sorted by logical name.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, &str)> {
        self.physical
            .iter()
            .map(|(logical, physical)| (logical.as_str(), physical.as_str()))
    }

    /// The physical schema for a name in logical schema `schema`. `object` is the name within it,
    /// where that may be an extension's: its members stay where it put them.
    ///
    /// A schema that the branch does not have maps to the name it would get, which does not exist:
    /// never to `main`'s schema of that name.
    pub fn physical_schema<'a>(
        &'a self,
        schema: &'a str,
        object: Option<ObjectName<'_>>,
        _usage: NameUse,
    ) -> Cow<'a, str> {
        if self.is_main() || is_system_schema(schema) || self.logical.contains_key(schema) {
            return Cow::Borrowed(schema);
        }
        if self.shared.excluded_schemas.contains(schema) {
            return Cow::Borrowed(schema);
        }
        if object.is_some_and(|object| self.shared.is_member(schema, object)) {
            return Cow::Borrowed(schema);
        }
        match self.physical.get(schema) {
            Some(physical) => Cow::Borrowed(physical),
            // A name that is physical on some branch names that branch on purpose.
            None if schema.contains('@') => Cow::Borrowed(schema),
            None => Cow::Owned(physical_schema_name(schema, &self.branch)),
        }
    }

    /// Finds this branch's physical schemas in texts.
    pub(super) fn finder(&self) -> &Finder {
        &self.finder
    }

    /// The logical schema behind one of this branch's physical ones.
    pub fn logical_schema(&self, physical: &str) -> Option<&str> {
        if self.is_main() {
            return None;
        }
        self.logical.get(physical).map(String::as_str)
    }
}

/// Schemas that no branch has a copy of.
pub fn is_system_schema(schema: &str) -> bool {
    schema.starts_with("pg_") || matches!(schema, "information_schema" | "pggit" | "pggit_dropped")
}

/// The physical name a new schema gets: `<schema>@<branch>`, or, where that is longer than an
/// identifier may be, a prefix of it and a hash of the whole. The mapping is stored; nothing may
/// read a branch out of a name.
pub fn physical_schema_name(schema: &str, branch: &str) -> String {
    if branch == MAIN {
        return schema.to_owned();
    }
    let full = format!("{schema}@{branch}");
    if full.len() <= MAX_IDENTIFIER_BYTES {
        return full;
    }
    let hash = hex::encode(&Sha256::digest(full.as_bytes())[..6]);
    let mut cut = MAX_IDENTIFIER_BYTES - hash.len() - 1;
    while !full.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}~{hash}", &full[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature() -> BranchMap {
        BranchMap::new(
            "feature",
            2,
            1,
            [("public".to_owned(), "public@feature".to_owned())],
            Arc::new(SharedObjects {
                extensions: BTreeSet::new(),
                extension_members: ExtensionMembers {
                    others: [("public".to_owned(), "citext".to_owned())].into(),
                    ..ExtensionMembers::default()
                },
                excluded_schemas: ["audit".to_owned()].into(),
                ..SharedObjects::default()
            }),
        )
    }

    #[test]
    fn names_of_the_branch_map_to_its_schemas() {
        let map = feature();
        let at = |schema, object| {
            map.physical_schema(schema, object, NameUse::Read)
                .into_owned()
        };
        let citext = "citext";
        let users = Some(ObjectName::Relation("users"));
        assert_eq!(at("public", users), "public@feature");
        assert_eq!(at("public", Some(ObjectName::Other(citext))), "public");
        let relation = Some(ObjectName::Relation(citext));
        assert_eq!(at("public", relation), "public@feature");
        let type_name = Some(ObjectName::Other("int4"));
        assert_eq!(at("pg_catalog", type_name), "pg_catalog");
        assert_eq!(at("audit", None), "audit");
        assert_eq!(at("public@other", users), "public@other");
        assert_eq!(map.logical_schema("public@feature"), Some("public"));
    }

    #[test]
    fn a_schema_the_branch_lacks_never_falls_through_to_main() {
        assert_eq!(
            feature().physical_schema("only_on_main", None, NameUse::Read),
            "only_on_main@feature"
        );
    }

    #[test]
    fn further_schemas_go_where_new_ones_do_under_a_version_of_their_own() {
        let map = feature();
        let more = map.with_schemas(["app"]);
        assert_eq!(more.logical_schema("app@feature"), Some("app"));
        assert_eq!(more.logical_schema("public@feature"), Some("public"));
        assert_ne!(more.version(), map.version());
        assert_eq!(more.version(), map.with_schemas(["app"]).version());
        assert_ne!(more.version(), map.with_schemas(["other"]).version());
    }

    #[test]
    fn long_names_are_cut_at_a_character_and_stay_distinct() {
        let long = "é".repeat(31);
        let one = physical_schema_name(&long, "feature/one");
        let two = physical_schema_name(&long, "feature/two");
        assert!(one.len() <= MAX_IDENTIFIER_BYTES && two.len() <= MAX_IDENTIFIER_BYTES);
        assert_ne!(one, two);
    }
}
