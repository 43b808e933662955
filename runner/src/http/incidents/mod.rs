//! Incidents: what an operator must look at, and having it tried again.

mod list;
mod retry;

use annona_engine::store::{Incident, IncidentKind};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::shape::instant;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(retry::retry))
}

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Incident)]
struct Shape {
    /// Its id.
    #[schema(example = "17")]
    id: String,
    /// `application` (held, or its voucher locked) or `delivery` (a message that is parked).
    #[schema(example = "application")]
    kind: &'static str,
    /// The application concerned; none for a sign-in code.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    /// Since when.
    since: String,
    /// In words.
    cause: String,
}

impl From<&Incident> for Shape {
    fn from(incident: &Incident) -> Self {
        let kind = match incident.kind {
            IncidentKind::Application => "application",
            IncidentKind::Delivery(_) => "delivery",
        };
        Self {
            id: incident.id.to_string(),
            kind,
            application: incident.application.map(|id| id.to_string()),
            since: instant(incident.since),
            cause: incident.cause.clone(),
        }
    }
}
