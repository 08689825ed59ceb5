//! The harness itself.

use crate::harness::Database;

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let one = Database::create().await;
    let other = Database::create().await;
    one.direct().await.run("CREATE TABLE t (id int)").await;
    let session = other.direct().await;
    assert_eq!(session.value("SELECT to_regclass('t')").await, "∅");
    assert_ne!(one.name, other.name);
}
