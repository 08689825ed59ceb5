//! The sockets themselves: Unix ones on either hop, options of TCP, and running out of them.

use super::secure::ConfigFile;
use crate::harness::raw::RawClient;
use crate::harness::{Database, Postgres, Proxy, Session, eventually};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use tokio::net::UnixStream;

#[tokio::test]
async fn clients_and_the_server_may_be_at_unix_sockets() {
    let config = ConfigFile::new(|_| "unix_socket_permissions = '0750'\n".to_owned());
    let path = config.path.with_file_name("pggit.sock");
    let listen = path.to_str().unwrap();
    let server = Postgres::shared();
    let url = format!(
        "postgres://postgres@localhost:{}?host={}",
        server.port(),
        server.socket_directory().display()
    );
    let arguments = [
        &["--listen", listen, "--upstream", &url][..],
        &config.arguments(),
    ]
    .concat();
    let mut proxy = Proxy::start_with(server, &arguments);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750);

    let database = Database::create().await;
    let parameters = [("user", "postgres"), ("database", database.name.as_str())];
    let mut client = RawClient::over(UnixStream::connect(&path).await.unwrap());
    client.login(&parameters).await.unwrap();
    let answer = client
        .query("SELECT inet_client_addr() IS NULL, inet_server_port() IS NULL")
        .await;
    assert_eq!(
        answer[1].text(),
        ["t", "t"],
        "upstream is a Unix socket, too"
    );
    client.query("PGGIT INIT").await;
    client.query("CREATE TABLE local (id int)").await;
    let answer = client.query("SELECT address FROM pggit.log LIMIT 1").await;
    assert_eq!(answer[1].text(), ["[local]"]);
    drop(client);

    proxy.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(proxy.wait().success());
    assert!(!path.exists(), "the socket's file goes with the proxy");
}

/// The timers of TCP sockets of this machine whose local or remote port is `port`, in state ESTABLISHED: which timer runs (2 is
/// keepalive), and for how many more hundredths of a second.
#[cfg(target_os = "linux")]
fn timers(local: u16, remote: u16) -> Option<(u8, u64)> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let port = |address: &str| {
            address
                .split(':')
                .nth(1)
                .and_then(|port| u16::from_str_radix(port, 16).ok())
        };
        if port(words[1]) != Some(local) || port(words[2]) != Some(remote) {
            return None;
        }
        let (timer, when) = words[5].split_once(':')?;
        Some((timer.parse().ok()?, u64::from_str_radix(when, 16).ok()?))
    })
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn keepalive_is_as_configured_on_both_hops() {
    let config = ConfigFile::new(|_| {
        "[tcp]\nkeepalives_idle = '10min'\nuser_timeout = '30s'\n\
         [upstream.tcp]\nkeepalives_idle = '20min'\nuser_timeout = '30s'\n"
            .to_owned()
    });
    let proxy = Proxy::start_with(Postgres::shared(), &config.arguments());
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", proxy.port()))
        .await
        .unwrap();
    let own = stream.local_addr().unwrap().port();
    let mut client = RawClient::over(stream);
    let parameters = [("user", "postgres"), ("database", "postgres")];
    client.login(&parameters).await.unwrap();
    let answer = client.query("SELECT inet_client_port()").await;
    let behind: u16 = answer[1].text()[0].parse().unwrap();
    for (local, remote, minutes) in [
        (proxy.port(), own, 10),
        (behind, Postgres::shared().port(), 20),
    ] {
        eventually("what was sent to be acknowledged", || async {
            timers(local, remote).is_some_and(|(timer, _)| timer == 2)
        })
        .await;
        let (_, hundredths) = timers(local, remote).unwrap();
        let range = (minutes - 2) * 6000..=minutes * 6000 + 200;
        assert!(
            range.contains(&hundredths),
            "{hundredths} for {minutes} minutes"
        );
    }
}

#[tokio::test]
async fn out_of_file_descriptors_it_waits_and_goes_on() {
    const COMPLAINT: &str = "cannot accept connections";
    let proxy = Proxy::start_with(Postgres::shared(), &[]);
    let session = Session::connect(&proxy.url("postgres", "postgres")).await;
    let pid = proxy.pid();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    let limit = |files: &str| {
        let status = Command::new("prlimit")
            .args(["--pid", &pid.to_string(), &format!("--nofile={files}")])
            .status()
            .expect("prlimit is part of util-linux");
        assert!(status.success());
    };
    limit(&format!("{}:", open + 4));
    // More than there can be: the kernel takes them, the proxy cannot.
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(RawClient::open(proxy.port()).await);
    }
    eventually("a complaint", || async { proxy.log().contains(COMPLAINT) }).await;
    assert!(session.is_usable().await, "who is in is served");
    let complaints = proxy.log().matches(COMPLAINT).count();
    assert!(complaints < 20, "it tries again ever more rarely");
    drop(crowd);
    let next = Session::connect(&proxy.url("postgres", "postgres")).await;
    assert!(next.is_usable().await);
}
