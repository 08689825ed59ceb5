//! The branch that a client asks for when it connects.

use super::secure::server;
use crate::harness::raw::{Message, RawClient};
use crate::harness::{Fixture, Proxy, Session};

async fn with_branch() -> Fixture {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session
        .run("CREATE TABLE t AS SELECT 'main' AS branch")
        .await;
    session.run("PGGIT BRANCH \"my feature\"").await;
    fixture
}

impl Fixture {
    async fn login(&self, parameters: &[(&str, &str)]) -> Result<RawClient, Message> {
        let mut all = vec![("user", self.database.owner.as_str())];
        if !parameters.iter().any(|(name, _)| *name == "database") {
            all.push(("database", &self.database.name));
        }
        all.extend(parameters);
        RawClient::try_connect(self.proxy.port(), &all).await
    }

    /// The branch that a login with these parameters is on, and the rows it sees in `t`.
    async fn lands_on(&self, parameters: &[(&str, &str)]) -> (String, usize) {
        let mut client = self.login(parameters).await.expect("a login");
        let answer = client.query("SHOW pggit.branch").await;
        let row = answer
            .iter()
            .find(|message| message.tag == b'D')
            .expect("a row");
        let branch = row.text().remove(0);
        let rows = client.query("SELECT * FROM t").await;
        (
            branch,
            rows.iter().filter(|message| message.tag == b'D').count(),
        )
    }
}

#[tokio::test]
async fn every_way_of_asking_at_connect_leads_to_the_branch() {
    let fixture = with_branch().await;
    let feature = ("my feature".to_owned(), 0);
    let named = format!("{}@my feature", fixture.database.name);
    for parameters in [
        [("database", named.as_str())],
        [("pggit.branch", "my feature")],
        [("options", "-c pggit.branch=my\\ feature")],
        [("options", "-cpggit.branch=my\\ feature")],
        [("options", "--pggit.branch=my\\ feature")],
        [("options", "-e -c PGGIT.Branch=my\\ feature -c work_mem=5MB")],
    ] {
        assert_eq!(
            fixture.lands_on(&parameters).await,
            feature,
            "{parameters:?}"
        );
    }
    assert_eq!(fixture.lands_on(&[]).await, ("main".to_owned(), 1));

    let admin = fixture.superuser().await;
    let default = format!(
        "ALTER ROLE {} SET pggit.branch = 'my feature'",
        fixture.database.owner
    );
    admin.run(&default).await;
    assert_eq!(fixture.lands_on(&[]).await, feature);
    assert_eq!(
        fixture.lands_on(&[("pggit.branch", "main")]).await,
        ("main".to_owned(), 1)
    );
}

#[tokio::test]
async fn names_at_connect_are_bytes_and_may_be_in_any_script() {
    let fixture = with_branch().await;
    let session = fixture.connect().await;
    session.run("PGGIT BRANCH \"fé ature\\表\"").await;
    let expected = ("fé ature\\表".to_owned(), 0);
    let named = format!("{}@fé ature\\表", fixture.database.name);
    for parameters in [
        [("database", named.as_str())],
        [("pggit.branch", "fé ature\\表")],
        [("options", "-c pggit.branch=fé\\ ature\\\\表")],
        [("options", "--pggit.branch=fé\\ ature\\\\表")],
    ] {
        assert_eq!(
            fixture.lands_on(&parameters).await,
            expected,
            "{parameters:?}"
        );
    }
}

#[tokio::test]
async fn a_search_path_in_options_is_followed_on_the_branch_and_leads_nowhere_else() {
    let fixture = with_branch().await;
    let path = ("options", "-c search_path=public -c pggit.branch=main");
    assert_eq!(
        fixture
            .lands_on(&[path, ("pggit.branch", "my feature")])
            .await,
        ("my feature".to_owned(), 0)
    );
    // `RESET` goes back to where the session began.
    let mut client = fixture
        .login(&[path, ("pggit.branch", "my feature")])
        .await
        .expect("a login");
    client.query("SET search_path = pg_catalog").await;
    client.query("RESET search_path").await;
    let answer = client.query("SELECT * FROM t").await;
    assert!(
        answer
            .iter()
            .all(|message| !matches!(message.tag, b'D' | b'E')),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_search_path_is_shown_as_it_was_written_and_refused_where_it_is_none() {
    let fixture = with_branch().await;
    let branch = ("pggit.branch", "my feature");
    for written in ["pg_catalog,public", "Public , \"$user\"", "\"\""] {
        let mut client = (fixture.login(&[("search_path", written), branch]).await)
            .unwrap_or_else(|error| panic!("{written}: {error:?}"));
        let answer = client.query("SHOW search_path").await;
        let row = answer.iter().find(|message| message.tag == b'D');
        // One column: its number, its length, its value.
        assert_eq!(
            row.and_then(|row| row.body.get(6..)),
            Some(written.as_bytes())
        );
    }
    let error = (fixture.login(&[("search_path", "public,"), branch]).await)
        .err()
        .expect("no list");
    assert_eq!(error.sqlstate(), "22023");
}

#[tokio::test]
async fn an_unknown_branch_is_refused_with_a_hint() {
    let fixture = Fixture::new().await;
    let error = fixture
        .login(&[("pggit.branch", "nowhere")])
        .await
        .err()
        .expect("no such branch");
    assert_eq!(error.sqlstate(), "3D000");
    assert_eq!(error.field(b'S').as_deref(), Some("FATAL"));
    assert_eq!(
        error.field(b'M').as_deref(),
        Some("branch \"nowhere\" does not exist")
    );
    assert!(error.field(b'H').is_some());
}

#[tokio::test]
async fn nobody_learns_of_branches_without_a_password() {
    let server = server().await;
    Session::connect(&server.url("postgres", "postgres"))
        .await
        .run("CREATE DATABASE secret")
        .await;
    let proxy = Proxy::start_with(server, &[]);
    Session::connect(&proxy.url("postgres", "secret"))
        .await
        .run("PGGIT INIT")
        .await;
    let mut client = RawClient::open(proxy.port()).await;
    let packet = crate::harness::raw::startup(&[("user", "plain"), ("database", "secret@nowhere")]);
    client.send(&packet).await;
    let challenge = client.read().await;
    assert_eq!(
        (challenge.tag, &challenge.body[..]),
        (b'R', &[0, 0, 0, 3][..])
    );
    client
        .send(&crate::harness::raw::frame(b'p', b"wrong\0"))
        .await;
    assert_eq!(client.read().await.sqlstate(), "28P01");
}
