//! What is judged: a test for each subject.

use crate::journey::Subject;

macro_rules! subjects {
    ($($name:ident $($superuser:literal)? $(since $version:literal)?),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let subject = Subject {
                schema: include_str!(concat!("schema/", stringify!($name), ".sql")),
                change: include_str!(concat!("change/", stringify!($name), ".sql")),
                superuser: [$($superuser,)? ""][0] == "superuser",
                since: [$($version,)? 14][0],
            };
            subject.judge().await;
        }
    )*};
}

subjects! {
    aggregates "superuser",
    base_types "superuser",
    casts,
    collations,
    columns,
    comments,
    constraints,
    default_privileges,
    extensions "superuser",
    foreign_tables "superuser",
    grants,
    indexes,
    inheritance,
    key_parameters,
    operators "superuser",
    order,
    partitions,
    places "superuser",
    policies,
    quoting,
    ranges,
    routines,
    rules,
    sequences,
    since_15 since 15,
    since_16 since 16,
    since_17 since 17,
    since_18 since 18,
    statistics,
    table_attributes,
    tables,
    text_search "superuser",
    triggers,
    types,
    views,
}
