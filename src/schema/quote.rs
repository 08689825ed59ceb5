//! Quoting of identifiers and literals in DDL, as PostgreSQL's own `quote_ident` and
//! `quote_literal` do it.

use super::model::Name;
use std::borrow::Cow;

/// Quotes an identifier if it would not mean itself when written bare: if it holds anything but
/// lower-case ASCII letters, digits and underscores, or is a keyword of any but the unreserved kind.
pub fn quote_identifier(identifier: &str) -> Cow<'_, str> {
    let mut bytes = identifier.bytes();
    let bare = bytes
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && KEYWORDS.binary_search(&identifier).is_err();
    if bare {
        Cow::Borrowed(identifier)
    } else {
        Cow::Owned(format!("\"{}\"", identifier.replace('"', "\"\"")))
    }
}

/// Quotes a string constant. One with backslashes is written `E'…'`, so that it means the same under
/// either value of `standard_conforming_strings`.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// A schema-qualified name, quoted where needed: `public."Users"`.
pub fn qualified(name: &Name) -> String {
    format!(
        "{}.{}",
        quote_identifier(&name.schema),
        quote_identifier(&name.name)
    )
}

/// The schema-qualified name of an operator: `public.===`.
pub fn qualified_operator(name: &Name) -> String {
    format!("{}.{}", quote_identifier(&name.schema), name.name)
}

/// A role in `GRANT` and `REVOKE`; an empty name is PUBLIC.
pub fn quote_grantee(role: &str) -> Cow<'_, str> {
    if role.is_empty() {
        Cow::Borrowed("PUBLIC")
    } else {
        quote_identifier(role)
    }
}

/// PostgreSQL 18's keywords that are reserved in some place (`pg_get_keywords()`, every category but
/// `U`), sorted. Words that an older server does not know are quoted for it needlessly, which is harmless.
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;
    use pg_query::protobuf::{KeywordKind, Token};
    use proptest::prelude::*;

    #[test]
    fn plain_names_stay_bare_and_others_are_quoted() {
        for (identifier, quoted) in [
            ("users", "users"),
            ("_a1", "_a1"),
            ("1a", "\"1a\""),
            ("", "\"\""),
            ("User", "\"User\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("é", "\"é\""),
            ("a$", "\"a$\""),
            ("select", "\"select\""),
            ("user", "\"user\""),
            ("between", "\"between\""),
            ("left", "\"left\""),
            ("name", "name"),
            ("public@dev", "\"public@dev\""),
        ] {
            assert_eq!(quote_identifier(identifier), quoted);
        }
    }

    #[test]
    fn literals_with_backslashes_are_escape_strings() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal(r"a\b'"), r"E'a\\b'''");
    }

    #[test]
    fn the_keyword_list_is_sorted_and_agrees_with_the_scanner() {
        assert!(KEYWORDS.is_sorted());
        for word in KEYWORDS {
            let tokens = pg_query::scan(word).unwrap().tokens;
            assert!(
                !matches!(
                    tokens[0].keyword_kind(),
                    KeywordKind::NoKeyword | KeywordKind::UnreservedKeyword
                ),
                "{word}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_quoted_identifier_scans_as_one_identifier(identifier in "[^\0]{1,20}") {
            let quoted = quote_identifier(&identifier);
            let tokens = pg_query::scan(&quoted).unwrap().tokens;
            prop_assert_eq!(tokens.len(), 1);
            prop_assert!(
                tokens[0].token() == Token::Ident
                    || tokens[0].keyword_kind() == KeywordKind::UnreservedKeyword
            );
        }

        #[test]
        fn a_quoted_literal_scans_as_one_string(text in "[^\0]{0,20}") {
            let quoted = quote_literal(&text);
            let tokens = pg_query::scan(&quoted).unwrap().tokens;
            prop_assert_eq!(tokens.len(), 1);
            prop_assert_eq!(tokens[0].token(), Token::Sconst);
        }
    }
}
