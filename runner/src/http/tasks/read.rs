//! Reading a task.

use annona_engine::Refusal;
use annona_engine::id::TaskId;
use axum::extract::State;

use super::Opened;
use crate::auth::{Action, may};
use crate::http::App;
use crate::http::extract::{Id, Known};
use crate::http::problem::{Details, Problem};
use crate::http::shape::Task;

/// Returns a task with its application, what it asks, and what can be done with it.
#[utoipa::path(
    get,
    path = "/v1/tasks/{id}",
    tag = "tasks",
    params(("id" = String, Path, description = "The application's id, a dot and a number")),
    responses(
        (status = 200, body = Task, headers(("ETag" = String, description = "The task's version"))),
        (status = 403, body = Details),
        (status = 409, body = Details),
    )
)]
pub(super) async fn read(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<TaskId>,
) -> Result<Opened, Problem> {
    let seen = app.seen(&principal, id.application).await?;
    seen.may(&principal, Action::Read)?;
    let application = &seen.loaded.application;
    match application.task(id.number) {
        Some(task) => may(&principal, Action::Work(application, task))?,
        None if (1..=application.tasks_opened).contains(&id.number) => {
            may(&principal, Action::Queues)?;
            return Err(Refusal::TaskClosed.into());
        }
        None => return Err(Problem::not_found()),
    }
    app.task(&principal, &seen, application, id.number)
}
