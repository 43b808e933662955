//! Applicants sign in: a one-time code by message, then a token for their own applications.
//!
//! What is answered never tells whether somebody is known.

mod begin;
mod contact;
mod finish;

use annona_engine::recorded::Hash;
use annona_engine::vault::MasterKey;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin::begin)).routes(routes!(finish::finish))
}

/// Returns the keyed hash under which a code is kept, for one sign-in alone.
fn code_hash(master: &MasterKey, id: Uuid, code: &str) -> Hash {
    master.hash("sign-in code", &format!("{id} {code}"))
}
