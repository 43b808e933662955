//! Tasks: queues, one task with all its officer needs, and what they do with it.

mod claim;
mod decide;
mod list;
mod next;
mod read;
mod release;

use annona_engine::Refusal;
use annona_engine::application::Application;
use annona_engine::decide::{Case, preview};
use annona_engine::service::Outcome;
use axum::Json;
use axum::http::header::ETAG;
use axum::http::{HeaderName, HeaderValue};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::extract::etag;
use super::problem::Problem;
use super::seen::Seen;
use super::shape::{Actions, Task};
use crate::auth::Principal;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(next::next))
        .routes(routes!(read::read))
        .routes(routes!(claim::claim))
        .routes(routes!(release::release))
        .routes(routes!(decide::decide))
}

/// A task, with its version as the `ETag`.
type Opened = ([(HeaderName, HeaderValue); 1], Json<Task>);

impl App {
    /// Returns a task of an application that somebody sees.
    fn task(
        &self,
        principal: &Principal,
        seen: &Seen,
        application: &Application,
        number: u32,
    ) -> Result<Opened, Problem> {
        let task = application.task(number).ok_or(Refusal::TaskClosed)?;
        let (who, now) = (principal.who(), self.0.engine.now());
        let (programme, opened) = (&*seen.programme, &seen.loaded.opened);
        let asking = principal.in_engine();
        let rights = self.0.engine.rights(&asking, Some(&seen.loaded), programme);
        let case = Case { programme, application: Some(application), opened };
        let viewer = seen.viewer_of(principal, application);
        let can = preview(case, number, &who, &rights, now);
        let can = Actions::of(can, viewer.sees_personal);
        let shape = Task::of(application, task, can, &viewer, now);
        Ok(([(ETAG, etag(task.content))], Json(shape)))
    }

    /// Returns a task as a request left it.
    async fn worked(
        &self,
        principal: &Principal,
        outcome: &Outcome,
        number: u32,
    ) -> Result<Opened, Problem> {
        let seen = self.seen(principal, outcome.application.id).await?;
        self.task(principal, &seen, &outcome.application, number)
    }
}
