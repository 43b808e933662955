//! Eligibility, stages, messages, voucher and schedules, as the file writes them.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::form::Field;
use super::words::{Expression, OneOrMany, Words, YesNo, language_pattern};

/// A rule at submission: `require`, or `once_per`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::pipeline::eligibility_kinds)]
#[schemars(extend("required" = ["otherwise"]))]
pub(crate) struct Eligibility {
    /// What must be true.
    pub require: Option<Expression>,
    /// The field of which one value may be helped once.
    pub once_per: Option<String>,
    /// How long an earlier approval counts. Default: for ever.
    pub within: Option<String>,
    /// The reason of the rejection.
    pub otherwise: Option<String>,
}

/// Tells the two kinds of rule apart by their key.
pub(super) fn eligibility_kinds(schema: &mut Schema) {
    schema.insert("if".to_owned(), serde_json::json!({"required": ["once_per"]}));
    schema.insert(
        "then".to_owned(),
        serde_json::json!({"propertyNames": {"enum": ["once_per", "within", "otherwise"]}}),
    );
    schema.insert(
        "else".to_owned(),
        serde_json::json!({
            "propertyNames": {"enum": ["require", "otherwise"]}, "required": ["require"],
        }),
    );
}

/// One stage of the pipeline: a queue and who works it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["stage", "role"]))]
pub(crate) struct Stage {
    /// Name in guards and addresses.
    pub stage: Option<String>,
    /// Title for people. Default: the name.
    pub title: Option<Words>,
    /// The role that works the queue.
    pub role: Option<String>,
    /// Other routes: role → expression; the first true one replaces `role`.
    pub role_if: IndexMap<String, Expression>,
    /// When true, the stage is left out.
    pub skip_if: Option<Expression>,
    /// When approving is possible. Default: always.
    pub approve_if: Option<Expression>,
    /// What the officer fills in.
    pub asks: IndexMap<String, Field>,
    /// File fields without which there is no approval.
    pub documents: Vec<String>,
    /// Whether and how the officer may return the application.
    pub send_back: Option<SendBack>,
    /// The deadline, shown and measured.
    pub due: Option<String>,
    /// What happens when the task stays open, counted from its opening.
    pub if_late: Vec<LateStep>,
    /// What the approval does: `issue_voucher`. Default: the last stage issues the voucher, if there is one.
    pub on_approve: Option<OneOrMany>,
}

/// How a stage returns an application.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SendBack {
    /// The applicant, or earlier stages. Default: the applicant.
    pub to: Option<OneOrMany>,
    /// How long the applicant has to answer.
    pub answer_within: Option<String>,
    /// What happens without an answer: `reject`.
    pub then: Option<String>,
    /// The reason of that rejection, one of `reasons.reject`.
    pub reason: Option<String>,
}

/// What happens when a task stays open.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::pipeline::late_kinds)]
#[schemars(extend("required" = ["after", "do"]))]
pub(crate) struct LateStep {
    /// Counted from the task's opening.
    pub after: Option<String>,
    /// What is done.
    #[serde(rename = "do")]
    pub what: Option<LateWhat>,
    /// The role added by `escalate`.
    pub to: Option<String>,
    /// The reason of `reject`.
    pub reason: Option<String>,
}

/// What is done when a task stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LateWhat {
    /// Reminds the officer.
    Remind,
    /// Adds a role to the task.
    Escalate,
    /// Goes on to the next stage, this one marked not decided.
    Pass,
    /// Ends the application.
    Reject,
}

/// Tells which keys each late action takes and needs.
pub(super) fn late_kinds(schema: &mut Schema) {
    let rule = |what: &str, own: &[&str]| {
        let names: Vec<&str> = ["after", "do"].into_iter().chain(own.iter().copied()).collect();
        serde_json::json!({
            "if": {"properties": {"do": {"const": what}}, "required": ["do"]},
            "then": {"propertyNames": {"enum": names}, "required": own},
        })
    };
    let rules = [
        rule("remind", &[]),
        rule("escalate", &["to"]),
        rule("pass", &[]),
        rule("reject", &["reason"]),
    ];
    schema.insert("allOf".to_owned(), serde_json::json!(rules));
}

/// A message that an event sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Notice {
    /// Who gets it.
    pub to: Option<String>,
    /// By which channels.
    pub by: Option<Vec<String>>,
    /// What is attached: `voucher`.
    pub attach: Option<String>,
    /// The words, by language.
    #[serde(flatten)]
    pub words: IndexMap<String, String>,
}

impl JsonSchema for Notice {
    fn schema_name() -> Cow<'static, str> {
        "Notice".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let tag = language_pattern().trim_start_matches('^');
        json_schema!({
            "description": "A message: to whom, by which channels, and the words in each language.",
            "type": "object",
            "properties": {
                "to": {
                    "description": "applicant, officer, provider, or a role.",
                    "type": "string",
                },
                "by": {
                    "description": "Channels. Default: every one that is known.",
                    "type": "array", "items": {"enum": ["sms", "email"]}, "minItems": 1, "uniqueItems": true,
                },
                "attach": {"description": "What is attached.", "enum": ["voucher"]},
            },
            "patternProperties": {(format!("^(?!(to|by)$){tag}")): {"type": "string"}},
            "additionalProperties": false,
        })
    }
}

/// What a voucher is worth and how it is redeemed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["amount", "valid", "providers"]))]
pub(crate) struct Voucher {
    /// The amount, evaluated once by the decision that finally approves.
    pub amount: Option<Expression>,
    /// An amount above it holds the application.
    pub ceiling: Option<Expression>,
    /// How long the voucher lasts.
    pub valid: Option<String>,
    /// Kinds of provider that may redeem it.
    #[schemars(length(min = 1))]
    pub providers: Vec<String>,
    /// How it is redeemed. Default: once, as a whole.
    pub redeem: Option<Redeem>,
}

/// How a voucher is redeemed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Redeem {
    /// How often. Default: 1.
    #[schemars(range(min = 1, max = 1_000))]
    pub times: Option<u32>,
    /// Whether less than the balance may be taken. Default: no.
    pub partial: Option<YesNo>,
    /// The form field that whoever shows the voucher must know.
    pub check: Option<String>,
}

/// Recurring work.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "cron", "do"]))]
pub(crate) struct Schedule {
    /// Name within the programme.
    pub name: Option<String>,
    /// When, as a cron expression with five fields.
    pub cron: Option<String>,
    /// What.
    #[serde(rename = "do")]
    pub job: Option<ScheduleJob>,
}

/// What a schedule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduleJob {
    /// Records the expiry of vouchers past their last day.
    ExpireVouchers,
}
