//! Taking a document in.

use annona_engine::id::DocumentId;
use annona_engine::recorded::Hash;
use annona_engine::service::Failure;
use annona_engine::store::{Record, StoredDocument};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::App;
use super::super::extract::{IdempotencyKey, Known};
use super::super::problem::{Details, Problem};
use crate::auth::{Action, Principal, may};
use crate::documents::{Received, UploadError, digest};

/// How long a client waits at least before it sends a document to a disk that was full.
const FULL: std::time::Duration = std::time::Duration::from_secs(30);

/// A document that was uploaded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Uploaded {
    /// Its id: the value of a `file` field in a form or in answers.
    #[schema(example = "c56a4180-65aa-42ec-a945-5fd21dec0538")]
    id: String,
    /// SHA-256 of its bytes, in hexadecimal.
    #[schema(example = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")]
    sha256: String,
    /// Its size in bytes.
    size: u64,
    /// Its media type, found in its first bytes.
    #[serde(rename = "type")]
    #[schema(example = "application/pdf")]
    media_type: String,
}

/// Uploads a document: the bytes are the body.
///
/// Only its uploader can use the id, once. What no application refers to after 24 hours is deleted.
#[utoipa::path(
    post,
    path = "/v1/documents",
    tag = "documents",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition of the request safe")),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Uploaded),
        (status = 413, description = "`too_large`", body = Details),
        (status = 415, description = "`unsupported_media_type`: neither pdf, jpg nor png", body = Details),
        (status = 422, description = "`idempotency_mismatch`", body = Details),
        (status = 429, description = "`too_many`: uploads of the same sender are under way", body = Details),
        (status = 503, description = "`overloaded`: uploads of others are under way; `unavailable`: the disk is full", body = Details),
    )
)]
pub(super) async fn upload(
    State(app): State<App>,
    Known(principal): Known,
    key: IdempotencyKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Uploaded>), Problem> {
    may(&principal, Action::Upload)?;
    let most = app.0.limits.upload_bytes;
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > most) {
        return Err(UploadError::TooLarge { most }.into());
    }
    let _under_way = app.0.uploads.begin(principal.scope())?;
    let id = id(&app, &principal, &key)?;
    let in_flight = || Problem::new("idempotency_in_flight", "send it again in a moment");
    let claim = app.0.documents.claim(id).ok_or_else(in_flight)?;
    let body = body.into_data_stream();
    let document = if let Some(earlier) = app.0.engine.store().document(id).await? {
        if digest(body, most).await? != earlier.sha256 {
            return Err(Failure::IdempotencyMismatch.into());
        }
        earlier
    } else {
        let received = app.0.documents.receive(claim, app.0.engine.master(), body, most).await?;
        // It ends even if the client does not wait: a record never stands without its file.
        let recording = tokio::spawn(record(app.clone(), id, principal.scope(), received));
        recording.await.map_err(|_| Problem::new("internal", "the document was not kept"))??
    };
    let location = (LOCATION, format!("/v1/documents/{id}"));
    Ok((StatusCode::CREATED, [location], Json(Uploaded::of(document))))
}

/// Returns the id of a document: random, or the same for the same key of the same sender.
fn id(app: &App, principal: &Principal, key: &IdempotencyKey) -> Result<DocumentId, Problem> {
    let bytes = match &key.0 {
        None => {
            let no_randomness = |_| Problem::new("internal", "there is no randomness");
            let bytes = crate::random::bytes::<16>().map_err(no_randomness)?;
            return Ok(DocumentId(uuid::Builder::from_random_bytes(bytes).into_uuid()));
        }
        Some(key) => {
            let named = format!("{}\n{key}", principal.scope());
            app.0.engine.master().hash("document", &named)
        }
    };
    let head = bytes.0.first_chunk::<16>().copied().unwrap_or_default();
    Ok(DocumentId(uuid::Builder::from_custom_bytes(head).into_uuid()))
}

/// Puts a document in its place, then records it.
async fn record(
    app: App,
    id: DocumentId,
    uploader: Hash,
    received: Received,
) -> Result<StoredDocument, Problem> {
    let document = StoredDocument {
        id,
        sha256: received.sha256(),
        size: received.size(),
        media_type: received.kind().media_type().to_owned(),
        file: received.file().to_owned(),
        key: received.key().to_vec(),
        uploader,
        uploaded_at: app.0.engine.now(),
        application: None,
    };
    let kept = received.settle().await?;
    match app.0.engine.record(Record::AddDocument(document.clone())).await {
        Ok(_) => kept.keep(),
        Err(Failure::CommitUnknown) => {
            // The record may stand; if it does not, the next cleaning finds the file.
            kept.keep();
            return Err(Failure::CommitUnknown.into());
        }
        Err(failure) => return Err(failure.into()),
    }
    Ok(document)
}

impl Uploaded {
    fn of(document: StoredDocument) -> Self {
        Self {
            id: document.id.to_string(),
            sha256: document.sha256.to_string(),
            size: document.size,
            media_type: document.media_type,
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let detail = error.to_string();
        match error {
            UploadError::TooLarge { .. } => Self::new("too_large", detail),
            UploadError::WrongType => Self::new("unsupported_media_type", detail),
            UploadError::BrokenOff => Self::new("bad_request", detail),
            UploadError::Full => {
                tracing::error!("there is no room for documents");
                Self::new("unavailable", detail).retry_after(FULL)
            }
            UploadError::Io(_) | UploadError::Random(_) => {
                tracing::error!(cause = detail, "a document cannot be kept");
                Self::new("internal", "nothing was recorded; the daemon's log says more")
            }
        }
    }
}
