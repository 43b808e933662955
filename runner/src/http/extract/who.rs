//! Who asks, by the token they bear.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::super::App;
use super::super::problem::Problem;
use crate::auth::{Action, Principal, authenticate, may};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Known(pub Principal);

/// Somebody who may be signed in; a token that is not good is refused all the same.
#[derive(Debug, Clone)]
pub struct Anyone(pub Option<Principal>);

/// An administrator. Checked before the body is read: who may not send one learns nothing of what is wrong with it.
#[derive(Debug, Clone)]
pub struct Administrator(pub Principal);

impl FromRequestParts<App> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Known(principal) = Known::from_request_parts(parts, app).await?;
        may(&principal, Action::Administer)?;
        Ok(Self(principal))
    }
}

impl FromRequestParts<App> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Anyone(principal) = Anyone::from_request_parts(parts, app).await?;
        principal
            .map(Self)
            .ok_or_else(|| unauthenticated("send a token: `Authorization: Bearer ann_…`"))
    }
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(AUTHORIZATION).iter();
        let Some(first) = given.next() else { return Ok(Self(None)) };
        let bearer = first.to_str().ok().and_then(|value| value.split_once(' '));
        let text = match bearer {
            Some((scheme, text))
                if scheme.eq_ignore_ascii_case("bearer") && given.next().is_none() =>
            {
                text.trim()
            }
            _ => return Err(unauthenticated("Authorization takes `Bearer` and a token, once")),
        };
        let principal = authenticate(&*app.0.directory, text, app.0.engine.now()).await?;
        let principal =
            principal.ok_or_else(|| unauthenticated("this token is not known, or is over"))?;
        Ok(Self(Some(principal)))
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new("unauthenticated", detail)
}
