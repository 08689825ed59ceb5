//! Aggregates. Their one setting is `result`, the type of what they return: it follows from their functions,
//! and an aggregate that comes to return another type is another one.

/// An aggregate's arguments as those of a function, from how the aggregate itself is called: `*`,
/// `integer`, `double precision ORDER BY text`.
pub(super) fn arguments(qualifier: &str) -> String {
    let (direct, aggregated) = match qualifier.split_once("ORDER BY ") {
        Some((direct, aggregated)) => (direct.trim_end(), aggregated),
        None => (qualifier, ""),
    };
    match (direct, aggregated) {
        ("*", _) => String::new(),
        // One list for both.
        (direct, aggregated) if direct == aggregated && direct.starts_with("VARIADIC") => {
            direct.to_owned()
        }
        (direct, "") => direct.to_owned(),
        ("", aggregated) => aggregated.to_owned(),
        (direct, aggregated) => format!("{direct}, {aggregated}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_those_of_the_function() {
        for (qualifier, expected) in [
            ("*", ""),
            ("a integer, text", "a integer, text"),
            ("ORDER BY integer", "integer"),
            ("double precision ORDER BY text", "double precision, text"),
            ("integer ORDER BY integer", "integer, integer"),
            (
                "VARIADIC \"any\" ORDER BY VARIADIC \"any\"",
                "VARIADIC \"any\"",
            ),
        ] {
            assert_eq!(arguments(qualifier), expected);
        }
    }
}
