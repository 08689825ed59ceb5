//! A client that tests read easily: statements in, rows of text out.

use super::in_time;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage};

/// A row as text; `NULL` is shown as `∅`.
pub type Row = Vec<String>;

/// A connection through tokio-postgres. Dereferences to its [`Client`] for the extended protocol.
pub struct Session {
    client: Client,
    /// Notices and notifications, in the order they came.
    messages: Arc<Mutex<Vec<AsyncMessage>>>,
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Session {
    pub async fn connect(url: &str) -> Self {
        Self::try_connect(url)
            .await
            .unwrap_or_else(|error| panic!("cannot connect to {url}: {}", explain(&error)))
    }

    pub async fn try_connect(url: &str) -> Result<Self, tokio_postgres::Error> {
        let (client, mut connection) =
            in_time("the login", tokio_postgres::connect(url, NoTls)).await?;
        let messages = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&messages);
        tokio::spawn(async move {
            while let Some(Ok(message)) =
                std::future::poll_fn(|context| connection.poll_message(context)).await
            {
                sink.lock().expect("not poisoned").push(message);
            }
        });
        Ok(Self { client, messages })
    }

    /// Runs a text over the simple protocol; it has to succeed.
    pub async fn run(&self, sql: &str) {
        if let Err(error) = self.try_run(sql).await {
            panic!("{sql}\n  failed: {}", explain(&error));
        }
    }

    pub async fn try_run(
        &self,
        sql: &str,
    ) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        in_time(sql, self.client.simple_query(sql)).await
    }

    /// Runs a statement over the extended protocol; it has to succeed.
    pub async fn run_extended(&self, sql: &str) {
        if let Err(error) = in_time(sql, self.client.execute(sql, &[])).await {
            panic!("{sql}\n  failed: {}", explain(&error));
        }
    }

    /// The rows of a text, over the simple protocol.
    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        match self.try_run(sql).await {
            Ok(messages) => messages.iter().filter_map(text_row).collect(),
            Err(error) => panic!("{sql}\n  failed: {}", explain(&error)),
        }
    }

    /// The first column of each row.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let rows = self.rows(sql).await;
        rows.into_iter()
            .map(|row| row.into_iter().next().unwrap_or_default())
            .collect()
    }

    /// The one value of the one row.
    pub async fn value(&self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        match rows.as_slice() {
            [row] if row.len() == 1 => row[0].clone(),
            _ => panic!("{sql}\n  gave {rows:?} where one value was expected"),
        }
    }

    /// The named column of the one row of a command's answer.
    pub async fn field(&self, sql: &str, column: &str) -> String {
        self.record(sql).await.get(column).clone()
    }

    /// The one row of a command's answer.
    pub async fn record(&self, sql: &str) -> Record {
        let mut records = self.records(sql).await;
        assert_eq!(records.len(), 1, "{sql}\n  gave {records:#?}");
        records.remove(0)
    }

    /// The one row of the answer of a command that has to come out so.
    pub async fn outcome(&self, sql: &str, expected: &str) -> Record {
        let record = self.record(sql).await;
        assert_eq!(record.get("outcome"), expected, "{sql}\n  {record:#?}");
        record
    }

    /// The rows with their columns' names.
    pub async fn records(&self, sql: &str) -> Vec<Record> {
        let messages = self
            .try_run(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}\n  failed: {}", explain(&error)));
        messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(Record(
                    row.columns()
                        .iter()
                        .enumerate()
                        .map(|(index, column)| (column.name().to_owned(), shown(row.get(index))))
                        .collect(),
                )),
                _ => None,
            })
            .collect()
    }

    /// Runs a text that has to fail, and says how.
    pub async fn error(&self, sql: &str) -> DbError {
        match self.try_run(sql).await {
            Ok(_) => panic!("{sql}\n  succeeded where an error was expected"),
            Err(error) => error
                .as_db_error()
                .unwrap_or_else(|| panic!("{sql}\n  failed without a report: {error}"))
                .clone(),
        }
    }

    /// The SQLSTATE of a text that has to fail.
    pub async fn sqlstate(&self, sql: &str) -> String {
        self.error(sql).await.code().code().to_owned()
    }

    /// Whether the connection still answers.
    pub async fn is_usable(&self) -> bool {
        self.try_run("SELECT 1").await.is_ok()
    }

    /// The process of the server that serves this session.
    pub async fn backend_pid(&self) -> i32 {
        let pid = self.value("SELECT pg_catalog.pg_backend_pid()").await;
        pid.parse().expect("a number")
    }

    /// The texts of the notices that came so far.
    pub fn notices(&self) -> Vec<String> {
        let messages = self.messages.lock().expect("not poisoned");
        messages
            .iter()
            .filter_map(|message| match message {
                AsyncMessage::Notice(notice) => Some(notice.message().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// The details of the notices that came so far.
    pub fn notice_details(&self) -> Vec<String> {
        let messages = self.messages.lock().expect("not poisoned");
        messages
            .iter()
            .filter_map(|message| match message {
                AsyncMessage::Notice(notice) => notice.detail().map(str::to_owned),
                _ => None,
            })
            .collect()
    }

    /// The (channel, payload) of the notifications that came so far.
    pub fn notifications(&self) -> Vec<(String, String)> {
        let messages = self.messages.lock().expect("not poisoned");
        messages
            .iter()
            .filter_map(|message| match message {
                AsyncMessage::Notification(it) => {
                    Some((it.channel().to_owned(), it.payload().to_owned()))
                }
                _ => None,
            })
            .collect()
    }

    /// The branch the session is on.
    pub async fn branch(&self) -> String {
        self.value("SHOW pggit.branch").await
    }

    /// The commit that a branch is at.
    pub async fn head_of(&self, branch: &str) -> String {
        let sql = format!("SELECT head FROM pggit.branches WHERE name = '{branch}'");
        self.value(&sql).await
    }

    /// The columns of a table, with their types, in order.
    pub async fn columns_of(&self, table: &str) -> Vec<String> {
        let sql = format!(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = to_regclass('{table}') AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        );
        self.column(&sql).await
    }

    /// The messages of the commits of `branch`, newest first.
    pub async fn log(&self, branch: &str) -> Vec<String> {
        let records = self.records(&format!("PGGIT LOG {branch}")).await;
        records
            .iter()
            .map(|record| record.get("message").clone())
            .collect()
    }

    /// What the live catalogs have and the head commit of the session's branch has not, or the other way round.
    pub async fn drift(&self) -> Vec<String> {
        let status = self.records("PGGIT STATUS").await;
        status
            .iter()
            .filter(|record| record.get("item") == "drift" && record.get("value") != "none")
            .map(|record| format!("{record:?}"))
            .collect()
    }

    /// Fails unless the live catalogs are what the head commit of the session's branch says.
    pub async fn assert_clean(&self) {
        let drift = self.drift().await;
        assert!(drift.is_empty(), "drift: {drift:#?}");
    }
}

/// A row whose columns have names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(Vec<(String, String)>);

impl Record {
    pub fn get(&self, column: &str) -> &String {
        self.0
            .iter()
            .find_map(|(name, value)| (name == column).then_some(value))
            .unwrap_or_else(|| panic!("no column {column} in {self:?}"))
    }
}

fn text_row(message: &SimpleQueryMessage) -> Option<Row> {
    match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| shown(row.get(i))).collect()),
        _ => None,
    }
}

fn shown(value: Option<&str>) -> String {
    value.unwrap_or("∅").to_owned()
}

/// An error with what the server said of it.
pub fn explain(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |it| {
            format!(
                "{} {} (detail: {:?}, hint: {:?})",
                it.code().code(),
                it.message(),
                it.detail(),
                it.hint()
            )
        },
    )
}
