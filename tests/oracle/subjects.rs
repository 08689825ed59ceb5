//! What is judged: a test for each subject.

use crate::journey::Subject;

macro_rules! subjects {
    ($($name:ident $($superuser:literal)?),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let subject = Subject {
                schema: include_str!(concat!("schema/", stringify!($name), ".sql")),
                change: include_str!(concat!("change/", stringify!($name), ".sql")),
                superuser: [$($superuser,)? ""][0] == "superuser",
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
    statistics,
    table_attributes,
    tables,
    text_search "superuser",
    triggers,
    types,
    views,
}
