//! Reading what happened to an application.

use annona_engine::event as log;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Id, Known, Search};
use crate::http::problem::Problem;
use crate::http::seen::Named;
use crate::http::shape::{Event, Page, page_size};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// At most so many rows: 1 to 200, usually 50.
    limit: Option<u32>,
    /// Only events after this version: the `next` of the page before.
    after: Option<u64>,
}

/// Returns the events of an application from the first on, with the guards that were evaluated and why they held or not.
#[utoipa::path(
    get,
    path = "/v1/applications/{id}/history",
    tag = "applications",
    params(("id" = String, Path, description = "Its id, or its reference"), Wanted),
    responses(
        (status = 200, body = Page<Event>),
    )
)]
pub(super) async fn history(
    State(app): State<App>,
    Known(principal): Known,
    Id(named): Id<Named>,
    Search(wanted): Search<Wanted>,
) -> Result<Json<Page<Event>>, Problem> {
    let seen = app.named(&principal, &named).await?;
    seen.may(&principal, Action::Read)?;
    let limit = usize::try_from(page_size(wanted.limit)?).unwrap_or(usize::MAX);
    let from = wanted.after.unwrap_or(0).saturating_add(1);
    let stored = app.0.engine.store().events(seen.loaded.application.id, from).await?;
    let page = stored.iter().take(limit);
    let last = page.clone().next_back().map(|event| event.version.to_string());
    let events = page.map(|event| read(&event.bytes)).collect::<Result<Vec<_>, _>>()?;
    let viewer = seen.viewer(&principal);
    let items = events.iter().map(|event| Event::of(event, &viewer)).collect();
    Ok(Json(Page { items, next: last.filter(|_| stored.len() > limit) }))
}

fn read(bytes: &[u8]) -> Result<log::Event, Problem> {
    log::Event::read(bytes).map_err(|cause| {
        tracing::error!(%cause, "an event cannot be read");
        Problem::new("internal", "an event cannot be read; the daemon's log says more")
    })
}
