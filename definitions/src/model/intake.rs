//! When applications are taken and how they are ranked, what follows a rejection, and who is told: window, score, appeal,
//! webhooks, schedules, as the file writes them.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::pipeline::{Stage, kinds_of_do};
use super::words::Number;

/// When applications are taken.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct Window {
    /// First day. Default: from the deployment on.
    pub from: Option<String>,
    /// Last day. Default: no end.
    pub until: Option<String>,
    /// What happens to an application outside it. Default: refuse.
    pub late: Option<Outside>,
}

/// What happens to an application outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outside {
    /// It is refused.
    Refuse,
    /// It is kept until the window opens or an administrator releases it.
    Hold,
}

/// A scorecard: points for the values of fields. Guards read their sum as `score`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Score {
    /// The largest score that is accepted.
    pub cut_off: Option<Number>,
    /// The reason of a rejection above it.
    pub otherwise: Option<String>,
    /// Points, by field of the form.
    #[serde(flatten)]
    pub fields: IndexMap<String, Points>,
}

impl JsonSchema for Score {
    fn schema_name() -> Cow<'static, str> {
        "Score".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let number = generator.subschema_for::<Number>();
        let points = generator.subschema_for::<Points>();
        json_schema!({
            "description": "A scorecard: points for the values of fields of the form. Guards read their sum as `score`.",
            "type": "object",
            "properties": {
                "cut_off": {
                    "description": "The largest score that is accepted.",
                    "allOf": [number],
                },
                "otherwise": {
                    "description": "The reason of a rejection above `cut_off`, one of `reasons.reject`.",
                    "type": "string",
                },
            },
            "additionalProperties": points,
            "minProperties": 1,
            "dependentRequired": {"cut_off": ["otherwise"], "otherwise": ["cut_off"]},
        })
    }
}

/// The points of one field: by bands, or by weight.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct Points {
    /// Points for each option of a choice, for `yes` and `no`, or for ranges of a number.
    pub bands: Option<Bands>,
    /// Points for each unit of a number.
    pub weight: Option<Number>,
}

/// Points by option, or by range.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Bands {
    /// By option of a choice; `yes` and `no` of a question.
    Options(IndexMap<String, Number>),
    /// By range of a number, the lowest first.
    Ranges(Vec<Band>),
}

impl JsonSchema for Bands {
    fn schema_name() -> Cow<'static, str> {
        "Bands".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let number = generator.subschema_for::<Number>();
        let band = generator.subschema_for::<Band>();
        json_schema!({
            "description": "Points for each option, or a list of ranges of which the first that holds counts.",
            "type": ["object", "array"],
            "additionalProperties": number,
            "minProperties": 1,
            "items": band,
            "minItems": 1,
        })
    }
}

/// A range of a number.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["points"]))]
pub(crate) struct Band {
    /// The largest value; the last range has none and takes the rest.
    pub up_to: Option<Number>,
    /// The points.
    pub points: Option<Number>,
}

/// How a rejection is appealed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["within"]))]
pub(crate) struct Appeal {
    /// How long after the rejection.
    pub within: Option<String>,
    /// The role that decides.
    pub role: Option<String>,
    /// Stages that decide, in order, where one role is not enough.
    #[schemars(length(min = 1))]
    pub stages: Option<Vec<Stage>>,
    /// The deadline of the role.
    pub due: Option<String>,
}

/// A signed call to another system.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["url"]))]
pub(crate) struct Webhook {
    /// Where it goes.
    pub url: Option<String>,
    /// The events that send it; it may also be called by stages and schedules.
    #[schemars(length(min = 1))]
    pub events: Option<Vec<String>>,
    /// The daemon's environment variable that holds the secret it is signed with.
    pub secret_env: Option<String>,
}

/// Recurring work.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::intake::schedule_kinds)]
#[schemars(extend("required" = ["name", "cron", "do"]))]
pub(crate) struct Schedule {
    /// Name within the programme.
    pub name: Option<String>,
    /// When, as a cron expression with five fields.
    pub cron: Option<String>,
    /// What.
    #[serde(rename = "do")]
    pub job: Option<ScheduleJob>,
    /// The role that gets a digest or an export, or the webhook.
    pub to: Option<String>,
}

/// What a schedule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduleJob {
    /// Sends a role what waits for it.
    Digest,
    /// Records the expiry of vouchers past their last day.
    ExpireVouchers,
    /// Sends a role the programme's figures.
    Export,
    /// Issues the vouchers of waiting approvals, as far as the budget reaches.
    ReleaseWaiting,
    /// Calls a webhook.
    Webhook,
}

/// Tells which keys each kind of work takes and needs.
pub(super) fn schedule_kinds(schema: &mut Schema) {
    let rule = |what, own| kinds_of_do(&["name", "cron", "do"], what, own);
    let rules = [
        rule("digest", &["to"][..]),
        rule("expire_vouchers", &[]),
        rule("export", &["to"]),
        rule("release_waiting", &[]),
        rule("webhook", &["to"]),
    ];
    schema.insert("allOf".to_owned(), serde_json::json!(rules));
}
