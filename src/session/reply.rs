//! The reply queue: one entry for every message sent upstream that the server answers.
//!
//! It says whose each reply is. After an error in the extended protocol the server skips everything up to the next
//! Sync (`ignore_till_sync` in `src/backend/tcop/postgres.c`), and so does the queue.

use super::positions::Positions;
use super::prepared::Registration;
use crate::error::ErrorReport;
use bytes::Bytes;
use std::collections::VecDeque;

/// What the server is going to answer.
#[derive(Debug)]
pub enum Awaited {
    /// With what to remember once the statement exists.
    Parse(Option<Box<Registration>>),
    Bind,
    /// With the named statement whose columns the answer tells, if they are to be remembered.
    Describe(Option<Bytes>),
    Execute,
    /// Of a statement of that name; `None` for a portal's.
    Close(Option<Bytes>),
    Sync,
    Query,
    FunctionCall,
    /// CopyDone or CopyFail that was sent before the server was known to wait for one. It has no answer.
    CopyEnd,
}

/// What becomes of the answer.
#[derive(Debug)]
pub enum Treat {
    /// It goes to the client.
    Client,
    /// It goes to the client; an error's position is mapped back.
    Mapped(Box<Positions>),
    /// It goes to the client, but in place of NoData this frame does.
    Described(Bytes),
    /// It goes to the client, but the tag of its CommandComplete is this.
    Tagged(&'static str),
    /// The proxy repeats what the client once asked for: only an error is the client's to see.
    Unseen,
    /// A statement of the client's that the proxy conducts: CommandComplete and ReadyForQuery are held back.
    Conducted(Option<Box<Positions>>),
    /// A statement of the proxy's own: nothing of it is the client's to see.
    Own,
    /// The server's error is replaced by this one; with or without the ReadyForQuery that follows.
    Refused {
        report: Box<ErrorReport>,
        ready: bool,
    },
}

#[derive(Debug)]
pub struct Entry {
    pub awaited: Awaited,
    pub treat: Treat,
    /// Its rows may hold physical names.
    pub prints_names: bool,
}

/// What a name will mean.
#[derive(Debug)]
pub enum Upcoming<'a> {
    /// What it means now.
    Unchanged,
    /// Nothing.
    Gone,
    /// This statement.
    Made(&'a Registration),
}

/// See the module.
#[derive(Debug, Default)]
pub struct ReplyQueue {
    entries: VecDeque<Entry>,
    /// Parse and Close messages among the entries: names that may change before a later message arrives.
    renaming: u32,
    /// An error was answered and the Sync that ends the skipping has not been sent.
    skipping: bool,
    /// The server waits for copy data.
    copy_in: bool,
    /// Syncs among the copy data: the server ignores them as long as the copy goes on.
    copy_syncs: u32,
    /// The same, of a copy that has failed: nobody knows which of them came before that. Until the server answers anything
    /// else, there may be as many ReadyForQuery.
    doubtful: u32,
    /// The failed copy's own ReadyForQuery comes before those.
    copy_ready_due: bool,
}

impl ReplyQueue {
    /// Notes a message that is being sent. While the server skips, only a Sync counts.
    pub fn push(&mut self, awaited: Awaited, treat: Treat) {
        self.push_printing(awaited, treat, false);
    }

    /// The same, of a message whose answer may have rows with physical names.
    pub fn push_printing(&mut self, awaited: Awaited, treat: Treat, prints_names: bool) {
        match awaited {
            // In copy-in mode the server ignores these.
            Awaited::Sync if self.copy_in => {
                self.copy_syncs += 1;
                return;
            }
            Awaited::Sync => self.skipping = false,
            _ if self.skipping => return,
            Awaited::Parse(_) | Awaited::Close(_) => self.renaming += 1,
            _ => {}
        }
        self.entries.push_back(Entry {
            awaited,
            treat,
            prints_names,
        });
    }

    /// Notes that the client ends its copy data.
    pub fn copy_ended(&mut self) {
        if self.copy_in {
            self.copy_in = false;
        } else if !self.is_empty() {
            self.push(Awaited::CopyEnd, Treat::Client);
        }
    }

    /// The entry that the server answers now.
    pub fn head(&mut self) -> Option<&Entry> {
        while let Some(Entry {
            awaited: Awaited::CopyEnd,
            ..
        }) = self.entries.front()
        {
            self.entries.pop_front();
        }
        self.entries.front()
    }

    /// Takes the entry that the server has answered.
    pub fn pop(&mut self) -> Option<Entry> {
        self.head()?;
        self.take()
    }

    /// Takes what a ReadyForQuery answers.
    pub fn ready(&mut self) -> Option<Entry> {
        let is_sync = |entry: &Entry| matches!(entry.awaited, Awaited::Sync);
        if std::mem::take(&mut self.copy_ready_due) || self.doubtful == 0 {
            return self.pop();
        }
        // One Sync is as good as another.
        if self.head().is_some_and(is_sync) {
            return self.pop();
        }
        self.doubtful -= 1;
        self.skipping = false;
        Some(Entry {
            awaited: Awaited::Sync,
            treat: Treat::Client,
            prints_names: false,
        })
    }

    /// The server has answered something other than an error and ReadyForQuery.
    pub fn answered(&mut self) {
        self.copy_syncs = 0;
        self.doubtful = 0;
    }

    fn take(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        if matches!(entry.awaited, Awaited::Parse(_) | Awaited::Close(_)) {
            self.renaming -= 1;
        }
        Some(entry)
    }

    /// The server has reported an error: what it skips is taken out.
    pub fn failed(&mut self) {
        self.copy_in = false;
        self.doubtful = std::mem::take(&mut self.copy_syncs);
        self.copy_ready_due = false;
        match self.entries.front().map(|entry| &entry.awaited) {
            // The error belongs to an exchange that ends with ReadyForQuery of its own accord.
            None | Some(Awaited::Query | Awaited::Sync | Awaited::FunctionCall) => {
                self.copy_ready_due = self.doubtful > 0;
            }
            Some(_) => {
                while let Some(entry) = self.entries.front() {
                    if matches!(entry.awaited, Awaited::Sync) {
                        return;
                    }
                    self.take();
                }
                self.skipping = true;
            }
        }
    }

    /// The server waits for copy data: it reads past any Sync until the copy ends.
    pub fn copy_started(&mut self) {
        let mut ended = false;
        let mut first = true;
        let mut syncs = 0;
        self.entries.retain(|entry| {
            if std::mem::take(&mut first) || ended {
                return true;
            }
            match entry.awaited {
                Awaited::CopyEnd => {
                    ended = true;
                    false
                }
                Awaited::Sync => {
                    syncs += 1;
                    false
                }
                _ => true,
            }
        });
        self.copy_syncs = syncs;
        self.copy_in = !ended;
    }

    /// Whether the server has nothing more to answer.
    pub fn is_empty(&self) -> bool {
        let unanswered = |entry: &Entry| matches!(entry.awaited, Awaited::CopyEnd);
        self.entries.iter().all(unanswered)
    }

    pub fn is_skipping(&self) -> bool {
        self.skipping
    }

    pub fn is_copy_in(&self) -> bool {
        self.copy_in
    }

    /// Whether the server answers all that is awaited without being told to flush.
    pub fn flushes_itself(&self) -> bool {
        let answered = |entry: &&Entry| !matches!(entry.awaited, Awaited::CopyEnd);
        self.entries
            .iter()
            .rev()
            .find(answered)
            .is_none_or(|entry| {
                matches!(
                    entry.awaited,
                    Awaited::Sync | Awaited::Query | Awaited::FunctionCall
                )
            })
    }

    /// What a statement's name will mean once everything sent so far is answered.
    pub fn upcoming(&self, name: &[u8]) -> Upcoming<'_> {
        if self.renaming == 0 {
            return Upcoming::Unchanged;
        }
        self.entries
            .iter()
            .rev()
            .find_map(|entry| match &entry.awaited {
                Awaited::Parse(Some(registration)) if registration.name == name => {
                    Some(Upcoming::Made(registration))
                }
                Awaited::Close(Some(closed)) if closed == name => Some(Upcoming::Gone),
                _ => None,
            })
            .unwrap_or(Upcoming::Unchanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut ReplyQueue, awaited: Awaited) {
        queue.push(awaited, Treat::Client);
    }

    #[test]
    fn an_error_skips_to_the_next_sync() {
        let mut queue = ReplyQueue::default();
        for awaited in [
            Awaited::Parse(None),
            Awaited::Bind,
            Awaited::Execute,
            Awaited::Sync,
            Awaited::Bind,
        ] {
            push(&mut queue, awaited);
        }
        queue.failed();
        assert!(!queue.is_skipping());
        assert!(matches!(queue.pop().unwrap().awaited, Awaited::Sync));
        assert!(matches!(queue.pop().unwrap().awaited, Awaited::Bind));
    }

    #[test]
    fn without_a_sync_everything_up_to_it_is_ignored() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Bind);
        queue.failed();
        push(&mut queue, Awaited::Execute);
        push(&mut queue, Awaited::Query);
        assert!(queue.is_empty() && queue.is_skipping());
        push(&mut queue, Awaited::Sync);
        assert!(!queue.is_empty() && !queue.is_skipping());
    }

    #[test]
    fn a_failed_query_still_gets_its_ready_for_query() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Query);
        queue.failed();
        assert!(matches!(queue.head().unwrap().awaited, Awaited::Query));
    }

    #[test]
    fn copy_in_swallows_the_sync_before_its_data() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Execute);
        push(&mut queue, Awaited::Sync);
        queue.copy_started();
        assert!(queue.is_copy_in());
        queue.copy_ended();
        push(&mut queue, Awaited::Sync);
        queue.pop();
        assert!(matches!(queue.pop().unwrap().awaited, Awaited::Sync));
        assert!(queue.is_empty());
    }

    #[test]
    fn a_sync_behind_data_that_fails_may_be_answered() {
        let is_sync = |entry: Option<Entry>| matches!(entry.unwrap().awaited, Awaited::Sync);
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Query);
        push(&mut queue, Awaited::Sync);
        queue.copy_started();
        push(&mut queue, Awaited::Sync);
        queue.failed();
        push(&mut queue, Awaited::Bind);
        assert!(matches!(queue.ready().unwrap().awaited, Awaited::Query));
        assert!(is_sync(queue.ready()));
        // The other one was ignored.
        queue.answered();
        assert!(matches!(queue.ready().unwrap().awaited, Awaited::Bind));
        assert!(queue.ready().is_none());

        push(&mut queue, Awaited::Execute);
        queue.copy_started();
        push(&mut queue, Awaited::Sync);
        queue.failed();
        assert!(queue.is_skipping());
        assert!(is_sync(queue.ready()) && !queue.is_skipping());
    }

    #[test]
    fn a_copy_end_out_of_place_flushes_nothing() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Parse(None));
        queue.copy_ended();
        assert!(!queue.flushes_itself());
        push(&mut queue, Awaited::Sync);
        queue.copy_ended();
        assert!(queue.flushes_itself());
    }

    #[test]
    fn a_copy_end_out_of_place_is_skipped_as_all_else() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Execute);
        queue.copy_ended();
        push(&mut queue, Awaited::Sync);
        queue.failed();
        assert!(matches!(queue.pop().unwrap().awaited, Awaited::Sync));
    }

    #[test]
    fn a_copy_end_out_of_place_takes_no_answer() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Sync);
        queue.copy_ended();
        push(&mut queue, Awaited::Sync);
        for _ in 0..2 {
            assert!(matches!(queue.pop().unwrap().awaited, Awaited::Sync));
        }
        assert!(queue.is_empty());
    }

    #[test]
    fn copy_data_sent_ahead_keeps_the_sync_after_it() {
        let mut queue = ReplyQueue::default();
        push(&mut queue, Awaited::Execute);
        push(&mut queue, Awaited::Sync);
        queue.copy_ended();
        push(&mut queue, Awaited::Sync);
        queue.copy_started();
        assert!(!queue.is_copy_in());
        queue.pop();
        assert!(matches!(queue.pop().unwrap().awaited, Awaited::Sync));
        assert!(queue.is_empty());
    }
}
