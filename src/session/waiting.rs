//! Statements wait for what they need of a branch whose objects are still being made.

use super::fault::Fault;
use super::state::Session;
use crate::error::{ErrorReport, Origin, SqlState};
use crate::repo::Hydration;
use crate::sql::plan::{Plan, Statement};
use bytes::Bytes;
use dashmap::DashMap;
use std::pin::pin;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Sessions that wait, by the key with which their clients cancel: the server has nothing to cancel then.
#[derive(Debug, Default)]
pub struct Waits(DashMap<Bytes, CancellationToken>);

impl Waits {
    /// Ends the wait of the session that this CancelRequest is for. `false` if there is none.
    pub fn cancel(&self, packet: &Bytes) -> bool {
        self.0.get(packet).map(|wait| wait.cancel()).is_some()
    }
}

impl Session {
    /// The text, if something that it needs is not there yet.
    pub(super) fn awaits(&mut self, text: &[u8]) -> Option<Bytes> {
        if self.tracking.as_ref()?.hydration.is_none() || self.is_failed() {
            return None;
        }
        let is_utf8 = self.reported.client_encoding == "UTF8";
        let tracking = self.tracking.as_mut()?;
        let hydration = tracking.hydration.as_ref()?;
        if hydration.is_finished() {
            tracking.hydration = None;
            return None;
        }
        (!hydration.has_what_is_needed(text, is_utf8)).then(|| Bytes::copy_from_slice(text))
    }

    /// As [`Self::awaits`], of a plan's own text and of the prepared statements that it executes.
    pub(super) fn awaits_prepared(&mut self, plan: &Plan) -> Option<Bytes> {
        self.tracking.as_ref()?.hydration.as_ref()?;
        let texts: Vec<Bytes> = plan
            .statements()
            .iter()
            .filter_map(|statement| statement.action.executes())
            .filter_map(|name| self.registry.find(name.as_bytes(), &self.replies))
            .map(|prepared| prepared.text.clone())
            .collect();
        texts.iter().find_map(|text| self.awaits(text))
    }

    /// Why the statement that comes next is not to be sent.
    pub(super) fn take_refusal(&mut self) -> Option<ErrorReport> {
        self.tracking.as_mut()?.refusal.take()
    }

    /// Waits until what a text needs is there. If that cannot be, the next statement is refused.
    pub(super) async fn conduct_wait(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.settle().await?;
        let waited = self.wait_for(text).await?;
        if let (Err(report), Some(tracking)) = (waited, &mut self.tracking) {
            tracking.refusal = Some(report);
        }
        Ok(())
    }

    /// Waits for what one statement of a text needs: an earlier one may have moved the session to another branch.
    pub(super) async fn wait_for_part(
        &mut self,
        text: &Bytes,
        statement: &Statement,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        let part = text.slice(statement.range.clone());
        match self.awaits(&part) {
            Some(part) => self.wait_for(&part).await,
            None => Ok(Ok(())),
        }
    }

    /// Waits, as long as the client does.
    pub(super) async fn wait_for(&mut self, text: &[u8]) -> Result<Result<(), ErrorReport>, Fault> {
        let is_utf8 = self.reported.client_encoding == "UTF8";
        let hydration = self
            .tracking
            .as_ref()
            .and_then(|tracking| tracking.hydration.clone());
        let Some(hydration) = hydration else {
            return Ok(Ok(()));
        };
        let context = Arc::clone(&self.context);
        let key = self.cancel_key();
        let cancelled = CancellationToken::new();
        if !key.is_empty() {
            context.waits.0.insert(key.clone(), cancelled.clone());
        }
        let waited = self
            .wait_unless(&hydration, text, is_utf8, &cancelled)
            .await;
        context.waits.0.remove(&key);
        waited
    }

    async fn wait_unless(
        &mut self,
        hydration: &Hydration,
        text: &[u8],
        is_utf8: bool,
        cancelled: &CancellationToken,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        let mut ready = pin!(hydration.prepare_for(text, is_utf8));
        loop {
            tokio::select! {
                ready = &mut ready => return Ok(ready),
                () = cancelled.cancelled() => return Ok(Err(cancelled_by_user())),
                progress = self.progress() => progress?,
            }
            self.relay_from_server()?;
        }
    }
}

/// What the server says to a statement that is cancelled.
fn cancelled_by_user() -> ErrorReport {
    ErrorReport::new(
        SqlState::QUERY_CANCELED,
        "canceling statement due to user request",
    )
    .with_origin(Origin::Client)
}
