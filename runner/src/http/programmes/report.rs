//! What a programme came to: counts and sums, and nothing of anybody.

use std::collections::BTreeMap;
use std::time::Duration;

use annona_definitions::programme::ProgrammeId;
use annona_engine::application::Status;
use annona_engine::counted::{Happened, amount};
use annona_engine::service::Report;
use annona_engine::store::report::Span;
use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Action, may};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::problem::{Details, Problem};
use crate::http::shape::instant;

/// How long whoever finds other reports under way should wait.
const REPORT_BUSY: Duration = Duration::from_secs(5);

/// From when, until before when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Period {
    /// Only what was sent or happened at this instant or later.
    #[param(example = "2026-01-01T00:00:00Z")]
    from: Option<String>,
    /// Only what was sent or happened before this instant; without it, before now.
    until: Option<String>,
}

/// What a programme came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub(super) struct Shape {
    /// The programme.
    programme: String,
    /// From when, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Until before when.
    until: String,
    /// How many applications were sent within the period, by their status now.
    applications: BTreeMap<&'static str, u64>,
    /// The tasks that are open now, by role and stage.
    queues: Vec<Queue>,
    /// What ended a task or an application within the period.
    decisions: Vec<Decisions>,
    /// What became of vouchers within the period.
    vouchers: Vec<Vouchers>,
}

/// The open tasks of a role in a stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportQueue)]
struct Queue {
    /// The role; a task that was escalated stands with each role that works it.
    role: String,
    /// The stage.
    stage: String,
    /// How many.
    open: u64,
    /// How many of them somebody has claimed.
    claimed: u64,
    /// The earliest deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_due: Option<String>,
}

/// Decisions alike.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportDecisions)]
struct Decisions {
    /// `approve`, `reject` or `send_back` by an officer; `pass` or `late` by time; `ineligible` by a rule.
    decision: &'static str,
    /// The stage, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// How many.
    count: u64,
}

/// Vouchers alike.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportVouchers)]
struct Vouchers {
    /// `issued`, `redeemed`, or what was left when they were `expired` or `revoked`.
    what: &'static str,
    /// How many times.
    count: u64,
    /// How much altogether.
    #[schema(example = "2300")]
    amount: String,
    /// ISO 4217.
    currency: String,
}

/// Reports of a programme: counts and sums, read beside the daily work.
///
/// What is recorded while it is made may be in it or not.
#[utoipa::path(
    get,
    path = "/v1/programmes/{id}/report",
    tag = "programmes",
    params(("id" = String, Path, description = "Its name"), Period),
    responses(
        (status = 200, description = "What it came to", body = Shape),
        (status = 503, description = "Others are being made", body = Details),
        (status = 403, body = Details),
    )
)]
pub(super) async fn report(
    State(app): State<App>,
    Known(principal): Known,
    Path(id): Path<String>,
    Search(period): Search<Period>,
) -> Result<Json<Shape>, Problem> {
    let programme = ProgrammeId::recorded(&id);
    app.definitions_for(&principal, &programme).await?;
    may(&principal, Action::Report(&programme))?;
    let from = period.from.as_deref().map(|text| read("from", text)).transpose()?;
    let until = period.until.as_deref().map(|text| read("until", text)).transpose()?;
    let until = until.unwrap_or_else(|| app.0.engine.now());
    let _turn = app.0.reports.try_acquire().map_err(|_| {
        let detail = "other reports are being made: try again shortly";
        Problem::new("overloaded", detail).retry_after(REPORT_BUSY)
    })?;
    let span = Span { programme: &id, from: from.unwrap_or(Timestamp::MIN), until };
    let report = app.0.engine.report(span).await?;
    Ok(Json(Shape::of(id.clone(), from, until, report)))
}

impl Shape {
    fn of(programme: String, from: Option<Timestamp>, until: Timestamp, report: Report) -> Self {
        let (mut decisions, mut vouchers) = (Vec::new(), Vec::new());
        let mut happened = report.happened;
        happened.sort_by(|one, other| {
            (one.what, &one.stage, &one.currency).cmp(&(other.what, &other.stage, &other.currency))
        });
        for group in happened {
            let (what, count) = (Happened::as_str(group.what), group.count);
            if group.what.is_of_voucher() {
                let currency = group.currency.unwrap_or_default();
                vouchers.push(Vouchers {
                    what,
                    count,
                    amount: amount(group.parts).to_string(),
                    currency,
                });
            } else {
                let stage = group.stage.map(|stage| stage.to_string());
                decisions.push(Decisions { decision: what, stage, count });
            }
        }
        let queues = report.queues.into_iter().map(|queue| Queue {
            role: queue.role.to_string(),
            stage: queue.stage.to_string(),
            open: queue.open,
            claimed: queue.claimed,
            oldest_due: queue.oldest_due.map(instant),
        });
        Self {
            programme,
            from: from.map(instant),
            until: instant(until),
            applications: report
                .sent
                .iter()
                .map(|sent| (Status::as_str(sent.status), sent.count))
                .collect(),
            queues: queues.collect(),
            decisions,
            vouchers,
        }
    }
}

fn read(name: &str, text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|_| {
        Problem::new("bad_request", format!("`{name}` takes an instant: 2026-01-01T00:00:00Z"))
    })
}
