//! Listing the open tasks of an officer's roles.

use std::collections::HashMap;

use annona_definitions::programme::{ProgrammeId, RoleId, StageId};
use annona_engine::store::{TaskOrder, TaskQuery, TaskRow, View};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Action, Principal, may};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::problem::{Details, Problem};
use crate::http::seen::language;
use crate::http::shape::{Page, TaskSummary, cursor, page_size, read_cursor};

/// Whose tasks.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TaskView)]
pub(super) enum Whose {
    /// Those one has claimed.
    Mine,
    /// Those nobody has claimed.
    Pool,
    /// All that one's roles see.
    #[default]
    Team,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TaskSort)]
pub(super) enum Sort {
    /// By deadline, those without one last; then the oldest first.
    #[default]
    Due,
}

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Whose: usually `team`.
    #[serde(default)]
    #[param(inline)]
    view: Whose,
    /// Only of this programme.
    programme: Option<String>,
    /// Only of this stage.
    stage: Option<String>,
    /// Only those past their deadline.
    #[serde(default)]
    late: bool,
    /// In which order: usually `due`.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// At most so many rows: 1 to 200, usually 50.
    limit: Option<u32>,
    /// Where the page begins: the `next` of the page before.
    after: Option<String>,
}

/// Lists open tasks that one's roles work.
#[utoipa::path(
    get,
    path = "/v1/tasks",
    tag = "tasks",
    params(Wanted),
    responses(
        (status = 200, body = Page<TaskSummary>),
        (status = 404, body = Details),
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Known(principal): Known,
    Search(wanted): Search<Wanted>,
) -> Result<Json<Page<TaskSummary>>, Problem> {
    may(&principal, Action::Queues)?;
    let mut query = app.queue(&principal, wanted.programme.as_deref()).await?;
    query.view = wanted.view.into();
    query.order = wanted.sort.into();
    query.stage = wanted.stage.as_deref().map(StageId::recorded);
    query.late_at = wanted.late.then(|| app.0.engine.now());
    query.after = wanted.after.as_deref().map(read_cursor).transpose()?;
    query.limit = page_size(wanted.limit)?;
    let page = app.0.engine.store().tasks(&query).await?;
    let items = app.summaries(&principal, &page.items).await?;
    Ok(Json(Page { items, next: page.next.map(cursor) }))
}

impl App {
    /// Returns what is asked of a store for somebody's queues, in one programme or all.
    pub(super) async fn queue(
        &self,
        principal: &Principal,
        only: Option<&str>,
    ) -> Result<TaskQuery, Problem> {
        let deployed = self.0.engine.store().newest(None).await?;
        let ids = deployed.iter().map(|newest| ProgrammeId::recorded(&newest.programme));
        let wanted: Vec<ProgrammeId> =
            ids.filter(|id| only.is_none_or(|only| id.as_str() == only)).collect();
        let held = |id: &ProgrammeId| -> Vec<(ProgrammeId, RoleId)> {
            principal.roles_in(id).map(|role| (id.clone(), role.clone())).collect()
        };
        Ok(TaskQuery {
            person: principal.person().map(|person| person.id.clone()).unwrap_or_default(),
            roles: wanted.iter().flat_map(held).collect(),
            view: View::Team,
            stage: None,
            late_at: None,
            order: TaskOrder::Due,
            after: None,
            limit: page_size(None)?,
        })
    }

    /// Returns rows of a queue with the titles of their stages, from the newest definition of each programme.
    async fn summaries(
        &self,
        principal: &Principal,
        rows: &[TaskRow],
    ) -> Result<Vec<TaskSummary>, Problem> {
        let now = self.0.engine.now();
        let mut programmes = HashMap::new();
        let mut summaries = Vec::with_capacity(rows.len());
        for row in rows {
            if !programmes.contains_key(&row.programme) {
                let newest = self.0.engine.newest(&row.programme).await?;
                programmes.insert(row.programme.clone(), newest);
            }
            let newest = programmes.get(&row.programme).and_then(Option::as_ref);
            let title = newest.and_then(|programme| {
                let language = language(principal, programme);
                let title = &programme.stage(&row.stage)?.title;
                Some(title.in_language(language, programme.fallback_language()).to_owned())
            });
            let title = title.unwrap_or_else(|| row.stage.as_str().to_owned());
            summaries.push(TaskSummary::of(row, title, now));
        }
        Ok(summaries)
    }
}

impl From<Whose> for View {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Mine => Self::Mine,
            Whose::Pool => Self::Pool,
            Whose::Team => Self::Team,
        }
    }
}

impl From<Sort> for TaskOrder {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Due => Self::Due,
        }
    }
}
