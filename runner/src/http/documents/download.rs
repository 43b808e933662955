//! Giving a document back.

use annona_definitions::form::FileType;
use annona_engine::id::DocumentId;
use annona_engine::store::StoredDocument;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::super::App;
use super::super::extract::{Id, Known};
use super::super::problem::{Details, Problem};
use crate::auth::{Action, Principal, may};
use crate::documents::{Reading, Unreadable};

/// Answers the bytes of a document.
///
/// Before an application refers to it, to its uploader; then to the applicant, and to an officer who has claimed one of the
/// application's tasks.
#[utoipa::path(
    get,
    path = "/v1/documents/{id}",
    tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses(
        (status = 200, description = "The bytes", content(
            ([u8] = "application/pdf"), ([u8] = "image/jpeg"), ([u8] = "image/png")
        )),
        (status = 404, body = Details),
    )
)]
pub(super) async fn download(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<DocumentId>,
) -> Result<Response, Problem> {
    let document = app.0.engine.store().document(id).await?.ok_or_else(Problem::not_found)?;
    check(&app, &principal, &document).await?;
    let mut reading =
        app.0.documents.read(app.0.engine.master(), &document).await.map_err(unreadable)?;
    // The first bytes come before the answer begins: what is altered from the start is a problem, not a broken answer.
    let first = reading.next().await.map_err(unreadable)?.unwrap_or_default();
    let headers = [
        (CONTENT_TYPE, document.media_type.clone()),
        (CONTENT_LENGTH, document.size.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", name(&document))),
    ];
    Ok((headers, Body::from_stream(parts(first, reading))).into_response())
}

/// Checks that somebody may read a document.
async fn check(app: &App, principal: &Principal, document: &StoredDocument) -> Result<(), Problem> {
    match document.application {
        None => may(principal, Action::ReadUpload(document.uploader))?,
        Some(application) => {
            let seen = app.seen(principal, application).await?;
            may(principal, Action::ReadDocument(seen.sight()))?;
        }
    }
    Ok(())
}

/// Returns the parts of a body; what does not open ends the connection before the length that was announced.
fn parts(
    first: Vec<u8>,
    reading: Reading,
) -> impl futures_util::Stream<Item = Result<Vec<u8>, Unreadable>> {
    stream::try_unfold((Some(first), reading), async |(first, mut reading)| {
        if let Some(first) = first {
            return Ok(Some((first, (None, reading))));
        }
        let next = reading.next().await.inspect_err(log)?;
        Ok(next.map(|part| (part, (None, reading))))
    })
}

/// Returns a name that says nothing of what is in the document.
fn name(document: &StoredDocument) -> String {
    let kind = FileType::ALL.into_iter().find(|kind| kind.media_type() == document.media_type);
    format!("{}.{}", document.id, kind.map_or("bin", FileType::as_str))
}

#[expect(clippy::needless_pass_by_value, reason = "it turns one error into another")]
fn unreadable(error: Unreadable) -> Problem {
    log(&error);
    Problem::new("internal", "the document cannot be read; the daemon's log says more")
}

fn log(error: &Unreadable) {
    tracing::error!(cause = %error, "a document cannot be read");
}
