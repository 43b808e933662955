//! Whether the daemon lives, and whether it can do its work.

use annona_engine::service::Engine;
use annona_engine::store::StoreError;
use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::problem::{Details, Problem};

/// What readiness is asked of.
#[async_trait]
pub trait Readiness: Send + Sync + std::fmt::Debug + 'static {
    /// Returns whether the store can be written.
    async fn is_writable(&self) -> Result<(), StoreError>;

    /// Returns by how many seconds the timer that waits longest is late.
    async fn seconds_late(&self) -> Result<u64, StoreError>;
}

#[async_trait]
impl Readiness for Engine {
    async fn is_writable(&self) -> Result<(), StoreError> {
        Self::is_writable(self).await
    }

    async fn seconds_late(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let longest = self.store().due_timers(now, None, 1).await?.first().map(|timer| timer.due);
        let late = longest.map_or(0, |due| now.as_second() - due.as_second());
        Ok(u64::try_from(late).unwrap_or(0))
    }
}

/// The daemon lives.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always `alive`.
    #[schema(example = "alive")]
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// The daemon can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// Always `ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// By how many seconds the timer that waits longest is late.
    timers_late_seconds: u64,
}

/// Seconds by which timers may be late before the daemon is not ready.
const MAX_SECONDS_LATE: u64 = 60;

/// Answers while the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, body = Alive)))]
pub(super) async fn healthz() -> Json<Alive> {
    Json(Alive { status: "alive", version: env!("CARGO_PKG_VERSION") })
}

/// Answers whether the store can be written and timers are on time.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    security(()),
    responses((status = 200, body = Ready), (status = 503, body = Details))
)]
pub(super) async fn readyz(State(app): State<App>) -> Result<Json<Ready>, Problem> {
    app.0.readiness.is_writable().await?;
    let late = app.0.readiness.seconds_late().await?;
    if late > MAX_SECONDS_LATE {
        return Err(Problem::new("overloaded", format!("timers are {late} seconds late")));
    }
    Ok(Json(Ready { status: "ready", timers_late_seconds: late }))
}
