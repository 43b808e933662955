//! Listing applications, the newest first.

use annona_definitions::programme::{ProgrammeId, StageId};
use annona_engine::application::{self as row, Status};
use annona_engine::recorded::Opened;
use annona_engine::reference::Reference;
use annona_engine::store::ApplicationQuery;
use annona_engine::words::Asked;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Action, Principal, may};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::problem::{Details, Problem};
use crate::http::seen::language;
use crate::http::shape::{Page, Summary, Viewer, cursor, page_size, read_cursor};

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only of this programme.
    programme: Option<String>,
    /// Only of this status.
    #[param(example = "in_review")]
    status: Option<String>,
    /// Only in this stage.
    stage: Option<String>,
    /// Only this reference, as people write it.
    reference: Option<String>,
    /// Only what is found so: words of the applicant's name or their phone number, all of them, or the beginning of a
    /// reference.
    #[param(example = "amina 0700 000010")]
    q: Option<String>,
    /// At most so many rows: 1 to 200, usually 50.
    limit: Option<u32>,
    /// Where the page begins: the `next` of the page before.
    after: Option<String>,
}

/// Lists applications, the newest first: an applicant's own, an officer's programmes', or all.
#[utoipa::path(
    get,
    path = "/v1/applications",
    tag = "applications",
    params(Wanted),
    responses(
        (status = 200, body = Page<Summary>),
        (status = 404, body = Details),
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Known(principal): Known,
    Search(wanted): Search<Wanted>,
) -> Result<Json<Page<Summary>>, Problem> {
    let programmes = app.listed(&principal, wanted.programme.as_deref()).await?;
    let asked = wanted.q.as_deref().map(Looked::read).transpose()?;
    let query = wanted.query(&principal, programmes)?;
    if query.programmes.is_empty() {
        // To a store, no programme means all of them.
        let items = app.by_reference(&principal, query.reference.as_deref()).await?;
        return Ok(Json(Page { items, next: None }));
    }
    let engine = &app.0.engine;
    let page = match asked {
        Some(Looked { text, asked }) => {
            let by_words: Vec<_> = query
                .programmes
                .iter()
                .filter(|id| may(&principal, Action::Search(id)).is_ok())
                .cloned()
                .collect();
            engine.search(&query, &text, &asked, &by_words).await?
        }
        None => engine.store().applications(&query).await?,
    };
    let mut items = Vec::with_capacity(page.items.len());
    for application in &page.items {
        items.push(app.summary(&principal, application).await?);
    }
    Ok(Json(Page { items, next: page.next.map(cursor) }))
}

/// What somebody looks for, as it stands and as words.
struct Looked {
    text: String,
    asked: Asked,
}

impl Looked {
    fn read(text: &str) -> Result<Self, Problem> {
        let asked = Asked::read(text)
            .map_err(|cause| Problem::new("bad_request", format!("`q`: {cause}")))?;
        Ok(Self { text: text.to_owned(), asked })
    }
}

impl App {
    /// Returns the programmes whose applications somebody may list: all of them, or the one asked for.
    async fn listed(
        &self,
        principal: &Principal,
        only: Option<&str>,
    ) -> Result<Vec<ProgrammeId>, Problem> {
        let deployed = self.0.engine.store().newest(None).await?;
        let ids = deployed.iter().map(|newest| ProgrammeId::recorded(&newest.programme));
        let listed = ids.filter(|id| may(principal, Action::List(id)).is_ok());
        let wanted: Vec<_> =
            listed.filter(|id| only.is_none_or(|only| id.as_str() == only)).collect();
        if only.is_some() && wanted.is_empty() { Err(Problem::not_found()) } else { Ok(wanted) }
    }

    /// Returns the application of a reference to somebody who lists none, but may see this one: who sent it for another.
    async fn by_reference(
        &self,
        principal: &Principal,
        reference: Option<&str>,
    ) -> Result<Vec<Summary>, Problem> {
        let Some(reference) = reference else { return Ok(Vec::new()) };
        let Some(id) = self.0.engine.store().by_reference(reference).await? else {
            return Ok(Vec::new());
        };
        let seen = self.seen(principal, id).await?;
        if may(principal, Action::Read(seen.sight())).is_err() {
            return Ok(Vec::new());
        }
        Ok(vec![self.summary(principal, &seen.loaded.application).await?])
    }

    async fn summary(
        &self,
        principal: &Principal,
        application: &row::Application,
    ) -> Result<Summary, Problem> {
        let programme = self.0.engine.programme(application.definition).await?;
        let nothing = Opened::default();
        let language = language(principal, &programme);
        let viewer =
            Viewer { programme: &programme, opened: &nothing, sees_personal: false, language };
        Ok(Summary::of(application, &viewer))
    }
}

impl Wanted {
    fn query(
        self,
        principal: &Principal,
        programmes: Vec<ProgrammeId>,
    ) -> Result<ApplicationQuery, Problem> {
        // What cannot be a reference is looked for as it stands, and is of no application.
        let exact = |text: String| Reference::normalise(&text).unwrap_or(text);
        Ok(ApplicationQuery {
            programmes,
            status: self.status.as_deref().map(status).transpose()?,
            stage: self.stage.as_deref().map(StageId::recorded),
            reference: self.reference.map(exact),
            known_by: principal.applicant().map(|(_, contact)| contact),
            after: self.after.as_deref().map(read_cursor).transpose()?,
            limit: page_size(self.limit)?,
            ..ApplicationQuery::default()
        })
    }
}

fn status(name: &str) -> Result<Status, Problem> {
    let known = Status::ALL.into_iter().find(|status| status.as_str() == name);
    known.ok_or_else(|| {
        let names = Status::ALL.map(Status::as_str).join(", ");
        Problem::new("bad_request", format!("`status` takes one of: {names}"))
    })
}
