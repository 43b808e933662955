//! The query of an address, with no name too many.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::super::App;
use super::super::problem::Problem;

/// A query; its type refuses unknown names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let read = Query::<T>::from_request_parts(parts, app).await;
        read.map(|Query(value)| Self(value)).map_err(|rejection| {
            let words = rejection.body_text();
            // Names are ours to list; values are not ours to repeat.
            let detail = match words.find("expected one of") {
                Some(place) if words.contains("unknown field") => {
                    format!(
                        "the query has a name that is not taken here: {}",
                        words.split_at(place).1
                    )
                }
                _ => "the query cannot be read".to_owned(),
            };
            Problem::new("bad_request", detail)
        })
    }
}
