//! What the operator sees: the HTTP port, and what `check-config` says.

use super::secure::ConfigFile;
use crate::harness::proxy::pggit;
use crate::harness::{Fixture, Postgres, Proxy, Session, eventually, in_time};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Status and body of a page of the operator's port.
pub async fn get(proxy: &Proxy, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    in_time(path, async {
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.metrics_port())).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_string(&mut answer).await
    })
    .await
    .expect("the port answers");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    (status.expect("a status"), body.to_owned())
}

#[tokio::test]
async fn health_and_metrics_are_served() {
    let proxy = Proxy::start_with(Postgres::shared(), &[]);
    let session = Session::connect(&proxy.url("postgres", "postgres")).await;
    assert_eq!(get(&proxy, "/livez").await.0, 200);
    assert_eq!(get(&proxy, "/readyz").await.0, 200);
    let (status, metrics) = get(&proxy, "/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("\npggit_connections 1\n"), "{metrics}");
    assert!(session.is_usable().await);
}

/// The value on the line that begins so.
fn value(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"));
    line.trim().parse().expect("a number")
}

#[tokio::test]
async fn statements_commits_and_merges_are_counted() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE t (id int)").await;
    session.run("PGGIT BRANCH feature").await;
    session.run("PGGIT MERGE feature").await;
    let feature = fixture.connect_on("feature").await;
    for _ in 0..2 {
        session
            .run("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int")
            .await;
        feature.run("SELECT * FROM public.t").await;
    }
    let (_, metrics) = get(&fixture.proxy, "/metrics").await;
    let value = |name: &str| value(&metrics, name);
    assert_eq!(value("pggit_ddl_commits_total "), 2);
    assert_eq!(value("pggit_merges_total{outcome=\"up_to_date\"} "), 1);
    assert!(value("pggit_statements_total{plan=\"command\"} ") >= 2);
    assert!(value("pggit_statements_total{plan=\"ddl\"} ") >= 3);
    assert!(value("pggit_plan_cache_hits_total ") >= 2);
    assert!(value("pggit_plan_cache_bytes ") > 0);
    assert!(value("pggit_proxy_seconds_count{stage=\"capture\"} ") >= 2);
}

#[tokio::test]
async fn the_objects_of_branches_are_counted_as_they_are_made() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session
        .run("CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX ON t (a); CREATE TABLE cursed (id int)")
        .await;
    let superuser = fixture.superuser().await;
    superuser
        .run(
            "CREATE FUNCTION public.curse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF to_regclass('\"public@feature\".cursed') IS NOT NULL THEN RAISE 'cursed'; END IF;
             END $$;
             CREATE EVENT TRIGGER curse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.curse()",
        )
        .await;
    session.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    assert_eq!(feature.value("SELECT count(*) FROM t").await, "0");
    feature.error("SELECT count(*) FROM cursed").await;
    let (_, metrics) = get(&fixture.proxy, "/metrics").await;
    assert_eq!(value(&metrics, "pggit_hydrations "), 1);
    assert!(value(&metrics, "pggit_hydration_failures_total ") >= 1);
    assert_eq!(value(&metrics, "pggit_hydration_seconds_count "), 0);

    superuser.run("DROP EVENT TRIGGER curse").await;
    assert_eq!(feature.value("SELECT count(*) FROM cursed").await, "0");
    eventually("the branch to be ready", || async {
        let (_, metrics) = get(&fixture.proxy, "/metrics").await;
        value(&metrics, "pggit_hydrations ") == 0
    })
    .await;
    let (_, metrics) = get(&fixture.proxy, "/metrics").await;
    let made =
        "SELECT count(*) FROM pggit.lineage AS l JOIN pggit.branch AS b ON b.id = l.branch_id
                WHERE b.name = 'feature' AND l.objsubid = 0";
    let made: u64 = superuser.value(made).await.parse().unwrap();
    assert!(made >= 4);
    assert_eq!(value(&metrics, "pggit_hydrated_objects_total "), made);
    assert_eq!(value(&metrics, "pggit_hydration_seconds_count "), 1);
}

#[tokio::test]
async fn a_proxy_whose_server_does_not_answer_is_alive_and_not_ready() {
    let nowhere = format!(
        "postgres://postgres@127.0.0.1:{}",
        crate::harness::free_port()
    );
    let proxy = Proxy::start_with(Postgres::shared(), &["--upstream", &nowhere]);
    assert_eq!(get(&proxy, "/livez").await.0, 200);
    assert_eq!(get(&proxy, "/readyz").await.0, 503);
}

#[tokio::test]
async fn check_config_says_everything_that_is_wrong() {
    let config = ConfigFile::new(|directory| {
        std::fs::write(directory.join("not.pem"), "not a certificate").expect("writable");
        format!(
            "listen = ['nowhere']\n[tls]\nmode = 'require'\ncert = '{0}/not.pem'\nkey = '{0}/missing'\n[log]\nfilter = 'a=b=c'\n",
            directory.display()
        )
    });
    let output = pggit()
        .arg("check-config")
        .args(config.arguments())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for setting in ["listen:", "tls.key:", "log.filter:"] {
        assert!(said.contains(setting), "{setting} in\n{said}");
    }

    let unreadable = ConfigFile::new(|_| {
        "unix_socket_permissions = '0999'\n[proxy_protocol]\nnetworks = ['10.0.0.0/33']\n\
         [upstream.tcp]\nuser_timeout = 30\n[tls]\nclient_auth = 'always'\n"
            .to_owned()
    });
    let output = pggit()
        .arg("check-config")
        .args(unreadable.arguments())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for setting in [
        "unix_socket_permissions:",
        "proxy_protocol.networks:",
        "upstream.tcp.user_timeout:",
        "tls.client_auth:",
    ] {
        assert!(said.contains(setting), "{setting} in\n{said}");
    }

    let fine = ConfigFile::new(|_| "listen = ['127.0.0.1:0']".to_owned());
    let output = pggit()
        .arg("check-config")
        .args(fine.arguments())
        .output()
        .expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "configuration is valid\n"
    );
    assert!(output.status.success());
}
