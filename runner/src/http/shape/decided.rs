//! What a decision is answered with.

use annona_engine::event::Body;
use annona_engine::recorded::Opened;
use annona_engine::service::{Outcome, TOKEN_PATH};
use annona_engine::store::TaskRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::task::row_of;
use super::{Application, Event, TaskSummary, Viewer, Voucher};

/// A decision that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Decided {
    /// The application as the decision left it.
    application: Application,
    /// What was recorded, in order.
    events: Vec<Event>,
    /// The voucher that it issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<Issued>,
    /// The task of the stage that the application is in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_task: Option<TaskSummary>,
}

/// A voucher with its code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedVoucher)]
pub(super) struct Issued {
    #[serde(flatten)]
    voucher: Voucher,
    /// The code (`EV1:…`): whoever has it can show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Decided {
    /// Returns the answer to a decision; the code is added for those who may have it.
    pub(in crate::http) fn of(outcome: &Outcome, viewer: &Viewer<'_>, may_hold: bool) -> Self {
        let application = &outcome.application;
        let mut bodies = outcome.events.iter().map(|event| &event.body);
        let issued = bodies.any(|body| matches!(body, Body::VoucherIssued(_)));
        let token = || may_hold.then(|| token(viewer.opened)).flatten();
        let voucher = application.voucher.as_ref().filter(|_| issued);
        let next: Option<TaskRow> = application.tasks.first().map(|task| row_of(application, task));
        Self {
            application: Application::of(application, viewer),
            events: outcome.events.iter().map(|event| Event::of(event, viewer)).collect(),
            voucher: voucher
                .map(|voucher| Issued { voucher: Voucher::of(voucher, viewer), token: token() }),
            // Late is told as of the decision, so that a repeated request is answered alike.
            next_task: next.map(|row| {
                let title = viewer.stage(&row.stage);
                TaskSummary::of(&row, title, application.changed_at)
            }),
        }
    }
}

/// Returns the code of a voucher, unless it was erased.
pub(in crate::http) fn token(opened: &Opened) -> Option<String> {
    use annona_definitions::value::Value;
    opened.0.values().find_map(|personal| match &personal.value {
        Value::Text(text) if personal.path == TOKEN_PATH => Some(text.clone()),
        _ => None,
    })
}
