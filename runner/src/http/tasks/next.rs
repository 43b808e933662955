//! Taking the most urgent task of one's pool.

use annona_engine::command;
use annona_engine::event::Body;
use annona_engine::service::{Failure, Idempotency, Outcome};
use annona_engine::store::View;
use annona_engine::{Refusal, id::TaskId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::auth::{Action, Principal, may};
use crate::http::App;
use crate::http::extract::{IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::once_without_body;
use crate::http::shape::Task;

/// Most pages of a pool that are looked through for a task that one may take.
const MAX_PAGES: usize = 20;

/// Claims the most urgent task of the pool: late ones first, then by deadline, then the oldest.
///
/// One that somebody else takes first, or that one may not decide, is passed over.
#[utoipa::path(
    post,
    path = "/v1/tasks/next",
    tag = "tasks",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is answered with the same task")),
    responses(
        (status = 200, body = Task, headers(("ETag" = String, description = "The task's version"))),
        (status = 204, description = "There is none"),
        (status = 403, body = Details),
    )
)]
pub(super) async fn next(
    State(app): State<App>,
    Known(principal): Known,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    may(&principal, Action::Queues)?;
    let once = once_without_body(&principal, "POST /v1/tasks/next", &key);
    let outcome = match app.0.engine.earlier(once).await? {
        Some(outcome) => Some(outcome),
        None => app.take(&principal, once).await?,
    };
    match outcome.as_ref().and_then(|outcome| Some((outcome, claimed(outcome)?))) {
        Some((outcome, number)) => {
            Ok(app.worked(&principal, outcome, number).await?.into_response())
        }
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

impl App {
    /// Claims the first task of the pool that somebody may take.
    async fn take(
        &self,
        principal: &Principal,
        once: Option<Idempotency>,
    ) -> Result<Option<Outcome>, Problem> {
        let mut query = self.queue(principal, None).await?;
        query.view = View::Pool;
        let asking = principal.in_engine();
        for _ in 0..MAX_PAGES {
            let page = self.0.engine.store().tasks(&query).await?;
            for TaskId { application, number } in page.items.iter().map(|row| row.id) {
                let action = command::Action::Claim { task: number };
                match self.0.engine.handle(&asking, application, action, once).await {
                    Ok(outcome) => return Ok(Some(outcome)),
                    Err(Failure::Refused(refusal)) if is_passed_over(&refusal) => {}
                    Err(failure) => return Err(failure.into()),
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

/// Returns whether a refusal concerns this one task: taken or closed meanwhile, or not for this officer.
fn is_passed_over(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::AlreadyClaimed
            | Refusal::TaskClosed
            | Refusal::TaskWaits
            | Refusal::Held { .. }
            | Refusal::NotFound
            | Refusal::NotYourRole { .. }
            | Refusal::OwnApplication
            | Refusal::AlreadyDecidedByYou { .. }
    )
}

fn claimed(outcome: &Outcome) -> Option<u32> {
    outcome.events.iter().find_map(|event| match event.body {
        Body::Claimed { task } => Some(task),
        _ => None,
    })
}
