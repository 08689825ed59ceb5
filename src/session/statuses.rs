//! What the client is told of settings while a text is cut up or statements of the proxy's own run.
//!
//! The server reports changed settings just before it is ready for the next query (`ReportChangedGUCOptions` in
//! `src/backend/utils/misc/guc.c`), the latest change first, and only what differs from its last report. Where it is
//! ready more often than the client is to know, its reports are held back until the client is told.

use crate::wire::backend;
use bytes::BytesMut;
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Statuses {
    /// What the client has been told.
    told: BTreeMap<String, String>,
    /// What it has not been told, in the order in which it will be.
    held: Vec<(String, String)>,
    /// The same, since the server was last ready.
    latest: Vec<(String, String)>,
}

impl Statuses {
    /// `told`: the reports of the login.
    pub fn new(told: BTreeMap<String, String>) -> Self {
        Self {
            told,
            held: Vec::new(),
            latest: Vec::new(),
        }
    }

    /// A report that goes to the client now.
    pub fn tell(&mut self, name: &str, value: &str) {
        self.told.insert(name.to_owned(), value.to_owned());
    }

    pub fn hold(&mut self, name: String, value: String) {
        for reports in [&mut self.held, &mut self.latest] {
            if let Some(report) = reports.iter_mut().find(|report| report.0 == name) {
                report.1 = value;
                return;
            }
        }
        self.latest.push((name, value));
    }

    /// The server was ready, and the client is not to know.
    pub fn server_was_ready(&mut self) {
        self.held.splice(0..0, self.latest.drain(..));
    }

    /// Appends what the client is to be told before its ReadyForQuery; `shown` says what it knows a value as, if not as
    /// it was reported.
    pub fn release(&mut self, out: &mut BytesMut, shown: impl Fn(&str, &str) -> Option<String>) {
        self.server_was_ready();
        for (name, value) in self.held.drain(..) {
            let value = shown(&name, &value).unwrap_or(value);
            if self.told.get(&name) != Some(&value) {
                backend::parameter_status(out, name.as_bytes(), value.as_bytes());
                self.told.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(statuses: &mut Statuses) -> String {
        let mut out = BytesMut::new();
        statuses.release(&mut out, |name, value| {
            (name == "path").then(|| value.to_uppercase())
        });
        String::from_utf8_lossy(&out).replace(char::is_control, "")
    }

    #[test]
    fn the_latest_change_is_told_first_and_once() {
        let mut statuses = Statuses::new(BTreeMap::new());
        for (name, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
            statuses.hold(name.to_owned(), value.to_owned());
            statuses.server_was_ready();
        }
        assert_eq!(released(&mut statuses), "Sb2Sa3");
        assert_eq!(released(&mut statuses), "");
    }

    #[test]
    fn values_are_told_as_the_client_knows_them_by_then() {
        let mut statuses = Statuses::new(BTreeMap::from([("path".to_owned(), "A".to_owned())]));
        statuses.hold("path".to_owned(), "a".to_owned());
        assert_eq!(released(&mut statuses), "");
        statuses.hold("path".to_owned(), "b".to_owned());
        assert_eq!(released(&mut statuses), "SpathB");
    }

    #[test]
    fn what_is_as_it_was_is_not_told() {
        let mut statuses = Statuses::new(BTreeMap::from([("a".to_owned(), "1".to_owned())]));
        statuses.hold("a".to_owned(), "2".to_owned());
        statuses.hold("a".to_owned(), "1".to_owned());
        assert_eq!(released(&mut statuses), "");
        statuses.tell("a", "2");
        statuses.hold("a".to_owned(), "1".to_owned());
        assert_eq!(released(&mut statuses), "Sa1");
    }
}
