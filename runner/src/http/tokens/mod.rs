//! Tokens: making them, listing them without their text, and revoking them.

mod create;
mod list;
mod revoke;

use annona_engine::id::Who;
use annona_engine::store::TokenOwner;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::problem::Problem;
use super::shape::instant;
use crate::auth::{Action, Principal, may};

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(revoke::revoke))
}

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct Shape {
    /// Its id, for revoking it.
    id: String,
    /// Whose it is.
    #[schema(example = "person:grace")]
    owner: String,
    /// What it is called.
    label: String,
    /// When it was made.
    created_at: String,
    /// The first instant at which it is refused; absent: it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// A token of the roster's, and whose it is.
#[derive(Debug)]
struct Listed {
    owner: Who,
    token: annona_engine::store::Token,
}

impl From<&Listed> for Shape {
    fn from(listed: &Listed) -> Self {
        Self {
            id: listed.token.id.to_string(),
            owner: listed.owner.to_string(),
            label: listed.token.label.clone(),
            created_at: instant(listed.token.created_at),
            expires_at: listed.token.expires_at.map(instant),
        }
    }
}

impl App {
    /// Returns the tokens that somebody may see, the oldest first.
    async fn tokens_for(&self, principal: &Principal) -> Result<Vec<Listed>, Problem> {
        let tokens = self.0.engine.store().tokens().await?;
        let listed = tokens.into_iter().filter_map(|token| match &token.owner {
            TokenOwner::Listed(owner) => Some(Listed { owner: owner.clone(), token }),
            TokenOwner::Applicant { .. } => None,
        });
        Ok(listed.filter(|it| may(principal, Action::ManageToken(&it.owner)).is_ok()).collect())
    }
}
