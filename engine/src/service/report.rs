//! Reports of a programme, read piece by piece with rests between, so that decisions are not slowed down.

use jiff::Timestamp;
use tokio::time::Instant;

use super::Engine;
use crate::store::StoreError;
use crate::store::report::{Group, Piece, Queue, Sent, Span};

/// How many times as long as a piece took nothing is read after it.
const REST: u32 = 9;

/// What a programme came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Applications that were sent within the span, by their status now.
    pub sent: Vec<Sent>,
    /// What happened within the span.
    pub happened: Vec<Group>,
    /// The tasks that are open now.
    pub queues: Vec<Queue>,
}

impl Engine {
    /// Reports of a programme: what was sent and what happened within a span, and what is open now. It is of no single instant: what
    /// is recorded while it is made may be in it or not.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store fails.
    pub async fn report(&self, span: Span<'_>) -> Result<Report, StoreError> {
        let store = &self.0.store;
        let mut report = Report::default();
        let mut from = Some(span.from);
        while let Some(begin) = from {
            let began = Instant::now();
            let piece: Piece<Sent> = store.sent(Span { from: begin, ..span }).await?;
            for group in piece.groups {
                match report.sent.iter_mut().find(|known| known.status == group.status) {
                    Some(known) => known.count += group.count,
                    None => report.sent.push(group),
                }
            }
            from = rest(began, piece.next).await;
        }
        from = Some(span.from);
        while let Some(begin) = from {
            let began = Instant::now();
            let piece: Piece<Group> = store.happened(Span { from: begin, ..span }).await?;
            for group in piece.groups {
                Group::add(&mut report.happened, group);
            }
            from = rest(began, piece.next).await;
        }
        report.queues = store.queues(span.programme).await?;
        Ok(report)
    }
}

/// Waits after a piece, if there is a next one.
async fn rest(began: Instant, next: Option<Timestamp>) -> Option<Timestamp> {
    if next.is_some() {
        tokio::time::sleep(began.elapsed() * REST).await;
    }
    next
}
