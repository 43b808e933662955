//! The HTTP API: a file for each resource, and what every request goes through.
//!
//! A handler parses, calls the engine and renders. No rule of a programme stands here, and rights are asked of
//! [`crate::auth`] alone.

pub mod codes;
pub mod extract;
mod health;
mod layers;
pub mod openapi;
pub mod problem;
pub mod throttle;

use std::sync::Arc;

use annona_engine::clock::Clock;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Directory;
use crate::config::Limits;
use problem::Problem;

pub use health::Readiness;

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// What a daemon is made of, as far as requests are concerned.
#[derive(Debug)]
struct Parts {
    directory: Arc<dyn Directory>,
    readiness: Arc<dyn Readiness>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    /// A permit for each request that may be worked on.
    permits: Semaphore,
}

impl App {
    /// Returns what requests reach.
    #[must_use]
    pub fn new(
        directory: Arc<dyn Directory>,
        readiness: Arc<dyn Readiness>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Self {
        let permits = Semaphore::new(limits.requests);
        Self(Arc::new(Parts { directory, readiness, clock, limits, permits }))
    }
}

/// Returns the routes with their description.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::openapi))
}

/// Returns the service that answers every request.
pub fn router(app: App) -> Router {
    let (router, _) = routes().split_for_parts();
    let router = router
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(
                "method_not_allowed",
                "see /v1/openapi.json for the methods of this address",
            )
        })
        // Bodies are limited where they are read, with an answer that names the limit.
        .layer(DefaultBodyLimit::disable());
    layers::wrap(router, &app).with_state(app)
}

#[cfg(test)]
mod tests;
