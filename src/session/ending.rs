//! How sessions are told to end. A session asks each time it waits, so asking takes no lock.

use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use tokio::sync::watch;

/// How far the process is on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Serving,
    /// A session ends once it is in no transaction.
    Draining,
    /// Sessions end as they are.
    Aborting,
}

/// One session's view of the phase.
pub struct Ending {
    phase: watch::Receiver<Phase>,
    /// Ready once the phase is another. It keeps `waker` registered, so it need not be polled again for that.
    change: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    waker: Option<Waker>,
}

impl Ending {
    pub fn new(mut phase: watch::Receiver<Phase>) -> Self {
        // Whatever it is now counts as news, unless it is where everything starts.
        if *phase.borrow() != Phase::default() {
            phase.mark_changed();
        }
        Self {
            change: change(phase.clone()),
            phase,
            waker: None,
        }
    }

    /// The phase, when it has changed.
    pub fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Phase> {
        let registered = self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()));
        if registered && !self.phase.has_changed().unwrap_or(false) {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        ready!(self.change.as_mut().poll(cx));
        let phase = *self.phase.borrow_and_update();
        self.change = change(self.phase.clone());
        self.waker = None;
        Poll::Ready(phase)
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ending")
            .field(&*self.phase.borrow())
            .finish()
    }
}

/// Never ready where nobody is left to change it.
fn change(mut phase: watch::Receiver<Phase>) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
    Box::pin(async move {
        if phase.changed().await.is_err() {
            pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::Context;

    #[tokio::test]
    async fn a_change_wakes_a_session_that_waits() {
        let (sender, receiver) = watch::channel(Phase::Serving);
        let mut ending = Ending::new(receiver);
        let waiting = tokio::spawn(async move {
            let first = poll_fn(|cx| ending.poll_change(cx)).await;
            let second = poll_fn(|cx| ending.poll_change(cx)).await;
            (first, second)
        });
        tokio::task::yield_now().await;
        sender.send_replace(Phase::Draining);
        tokio::task::yield_now().await;
        sender.send_replace(Phase::Aborting);
        assert_eq!(waiting.await.unwrap(), (Phase::Draining, Phase::Aborting));
    }

    #[test]
    fn what_was_said_before_the_session_began_is_heard() {
        let (_sender, receiver) = watch::channel(Phase::Draining);
        let mut ending = Ending::new(receiver);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(ending.poll_change(&mut cx), Poll::Ready(Phase::Draining));
        assert_eq!(ending.poll_change(&mut cx), Poll::Pending);
    }

    #[test]
    fn a_change_is_seen_by_a_task_that_was_not_woken_for_it() {
        let (sender, receiver) = watch::channel(Phase::Serving);
        let mut ending = Ending::new(receiver);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(ending.poll_change(&mut cx), Poll::Pending);
        assert_eq!(ending.poll_change(&mut cx), Poll::Pending);
        sender.send_replace(Phase::Aborting);
        assert_eq!(ending.poll_change(&mut cx), Poll::Ready(Phase::Aborting));
        drop(sender);
        assert_eq!(ending.poll_change(&mut cx), Poll::Pending);
    }
}
