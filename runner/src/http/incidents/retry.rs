//! Having what an incident is about tried again.

use annona_engine::command;
use annona_engine::id::ApplicationId;
use annona_engine::recorded::Hash;
use annona_engine::service::Idempotency;
use annona_engine::store::{Delivery, Incident, IncidentKind, Record};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Action, Principal, may};
use crate::http::App;
use crate::http::extract::{Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::once;

/// What a retry came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Retried {
    /// The incident's id; it is open no more.
    id: String,
    /// The application concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    /// Where the application stands now; none for a delivery, which is tried again at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "in_review")]
    status: Option<&'static str>,
}

/// Tries again: a held application goes on where it was held, a parked message is delivered at once.
///
/// The incident of a locked voucher is closed; the voucher stays locked until its hour.
#[utoipa::path(
    post,
    path = "/v1/incidents/{id}/retry",
    tag = "incidents",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "It is tried again", body = Retried),
        (status = 403, description = "Not an operator", body = Details),
        (status = 404, description = "There is no such open incident", body = Details),
        (status = 409, description = "`held`: it still cannot go on, and why", body = Details)
    )
)]
pub(super) async fn retry(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<u64>,
    key: IdempotencyKey,
) -> Result<Json<Retried>, Problem> {
    may(&principal, Action::Incidents)?;
    let route = format!("POST /v1/incidents/{id}/retry");
    let once = once(&principal, &route, &key, Hash::of(b""));
    match app.0.engine.store().incident(id).await? {
        Some(incident) => app.try_again(&principal, &incident, once).await.map(Json),
        None => app.tried_before(&principal, id, once).await.map(Json),
    }
}

impl App {
    /// Tries again what an open incident is about.
    async fn try_again(
        &self,
        principal: &Principal,
        incident: &Incident,
        once: Option<Idempotency>,
    ) -> Result<Retried, Problem> {
        let engine = &self.0.engine;
        match (incident.kind, incident.application) {
            (IncidentKind::Delivery(entry), application) => {
                let again = Delivery::Again { at: engine.now(), cause: incident.cause.clone() };
                engine.record(Record::Delivered(entry, again)).await?;
                let application = application.map(|id| id.to_string());
                Ok(Retried { id: incident.id.to_string(), application, status: None })
            }
            (IncidentKind::Application, Some(application)) => {
                let loaded = engine.load(application).await?.ok_or_else(Problem::not_found)?;
                if loaded.application.held.is_some() {
                    return self.go_on(principal, incident.id, application, once).await;
                }
                engine.record(Record::CloseIncident(incident.id)).await?;
                let status = Some(loaded.application.status.as_str());
                let application = Some(application.to_string());
                Ok(Retried { id: incident.id.to_string(), application, status })
            }
            (IncidentKind::Application, None) => Err(Problem::not_found()),
        }
    }

    /// Answers again what the same request was answered before, when its incident was still open.
    async fn tried_before(
        &self,
        principal: &Principal,
        incident: u64,
        once: Option<Idempotency>,
    ) -> Result<Retried, Problem> {
        let once = once.ok_or_else(Problem::not_found)?;
        let before = self.0.engine.store().idempotent(once.scope).await?;
        let application = before.ok_or_else(Problem::not_found)?.application;
        self.go_on(principal, incident, application, Some(once)).await
    }

    /// Has a held application go on.
    async fn go_on(
        &self,
        principal: &Principal,
        incident: u64,
        application: ApplicationId,
        once: Option<Idempotency>,
    ) -> Result<Retried, Problem> {
        let who = principal.in_engine();
        let retry = command::Action::Retry;
        let outcome = self.0.engine.handle(&who, application, retry, once).await?;
        Ok(Retried {
            id: incident.to_string(),
            application: Some(application.to_string()),
            status: Some(outcome.application.status.as_str()),
        })
    }
}
