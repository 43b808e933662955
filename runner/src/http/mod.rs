//! The HTTP API: a file for each resource, and what every request goes through.
//!
//! A handler parses, calls the engine and renders. No rule of a programme stands here, and rights are asked of
//! [`crate::auth`] alone.

mod applications;
pub mod codes;
mod documents;
pub mod extract;
mod health;
mod incidents;
mod layers;
mod listing;
pub mod openapi;
pub mod problem;
mod programmes;
mod roster;
mod seen;
mod shape;
mod sign_in;
mod tasks;
pub mod throttle;
mod tokens;
mod trust;
mod turns;
mod unread;
mod vouchers;

use std::sync::Arc;
use std::time::Duration;

use annona_engine::service::Engine;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Directory;
use crate::config::Limits;
use crate::documents::Documents;
use crate::keyring::Keyring;
use problem::Problem;
use throttle::Throttle;

pub use health::Readiness;

/// How long a client waits at least after it found too many connections open.
const OVERFLOW: Duration = Duration::from_secs(1);

/// What every request can reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// What a daemon is made of, as far as requests are concerned.
#[derive(Debug)]
struct Parts {
    engine: Engine,
    documents: Documents,
    keyring: Arc<Keyring>,
    directory: Arc<dyn Directory>,
    readiness: Arc<dyn Readiness>,
    limits: Limits,
    throttles: Throttles,
    /// A permit for each request that may be worked on.
    permits: Arc<Semaphore>,
    uploads: documents::UnderWay,
    /// A permit for each report that may be made at once.
    reports: Semaphore,
}

/// What is limited for each asker.
#[derive(Debug)]
struct Throttles {
    codes_per_contact: Throttle,
    codes_overall: Throttle,
    public_checks: Throttle,
}

impl App {
    /// Returns what requests reach.
    #[must_use]
    pub fn new(
        engine: Engine,
        documents: Documents,
        keyring: Arc<Keyring>,
        limits: Limits,
    ) -> Self {
        let directory = Arc::new(engine.clone());
        Self::with(engine, documents, keyring, limits, directory.clone(), directory)
    }

    fn with(
        engine: Engine,
        documents: Documents,
        keyring: Arc<Keyring>,
        limits: Limits,
        directory: Arc<dyn Directory>,
        readiness: Arc<dyn Readiness>,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(limits.requests));
        let minute = Duration::from_mins(1);
        let throttle =
            |what, most, window| Throttle::new(what, most, window, Arc::clone(engine.clock()));
        let throttles = Throttles {
            codes_per_contact: throttle(
                "sign-in codes to one contact",
                limits.codes_per_contact,
                Duration::from_hours(1),
            ),
            codes_overall: throttle("sign-in codes", limits.codes_overall, minute),
            public_checks: throttle("vouchers without a token", limits.public_checks, minute),
        };
        Self(Arc::new(Parts {
            engine,
            documents,
            keyring,
            directory,
            readiness,
            limits,
            throttles,
            permits,
            uploads: documents::UnderWay::default(),
            reports: Semaphore::new(programmes::REPORTS_AT_ONCE),
        }))
    }
}

/// Returns the routes with their description.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::openapi))
        .merge(programmes::routes())
        .merge(applications::routes())
        .merge(tasks::routes())
        .merge(documents::routes())
        .merge(vouchers::routes())
        .merge(roster::routes())
        .merge(tokens::routes())
        .merge(sign_in::routes())
        .merge(incidents::routes())
        .merge(trust::routes())
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

/// Returns the service that answers where too many connections are open: that the daemon lives, and to ask later.
pub fn overflow(app: App) -> Router {
    let router =
        Router::new().route("/healthz", axum::routing::get(health::healthz)).fallback(async || {
            Problem::new("overloaded", "too many connections are open").retry_after(OVERFLOW)
        });
    layers::wrap(router, &app).with_state(app)
}

#[cfg(test)]
mod tests;
