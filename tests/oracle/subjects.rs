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
    columns,
    constraints,
    default_privileges,
    grants,
    indexes,
    order,
    policies,
    quoting,
    routines,
    rules,
    sequences,
    statistics,
    tables,
    triggers,
    types,
    views,
}
