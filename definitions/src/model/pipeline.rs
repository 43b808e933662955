//! Eligibility, stages and messages, as the file writes them.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use super::form::Field;
use super::words::{Expression, OneOrMany, Words, language_pattern};

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
    /// Other programmes whose applications count as well.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub across: Option<Vec<String>>,
    /// The reason of the rejection.
    pub otherwise: Option<String>,
}

/// Tells the two kinds of rule apart by their key.
pub(super) fn eligibility_kinds(schema: &mut Schema) {
    schema.insert("if".to_owned(), json!({"required": ["once_per"]}));
    schema.insert(
        "then".to_owned(),
        json!({"propertyNames": {"enum": ["once_per", "within", "across", "otherwise"]}}),
    );
    schema.insert(
        "else".to_owned(),
        json!({
            "propertyNames": {"enum": ["require", "otherwise"]}, "required": ["require"],
        }),
    );
}

/// One stage of the pipeline: a queue and who works it; or a group of stages that are open together.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::pipeline::stage_kinds)]
#[schemars(extend("required" = ["stage"]))]
pub(crate) struct Stage {
    /// Name in guards and addresses.
    #[serde(rename = "stage")]
    pub name: Option<String>,
    /// Title for people. Default: the name.
    pub title: Option<Words>,
    /// The role that works the queue.
    pub role: Option<String>,
    /// Other routes: role → expression; the first true one replaces `role`.
    pub role_if: IndexMap<String, Expression>,
    /// Whose task it becomes. Default: whoever of the role claims it.
    pub assign: Option<Assign>,
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
    /// How many must approve. Default: 1.
    pub approvals: Option<Approvals>,
    /// What the approval does: `issue_voucher`, `pay`, `{webhook: name}`. Default: the last stage issues the voucher, if there is one.
    pub on_approve: Option<Effects>,
    /// Stages that are open together; all must approve before the next one opens.
    #[schemars(length(min = 2))]
    pub parallel: Option<Vec<Stage>>,
}

/// Tells a stage from a group, and what each needs.
pub(super) fn stage_kinds(schema: &mut Schema) {
    schema.insert("if".to_owned(), json!({"required": ["parallel"]}));
    schema.insert(
        "then".to_owned(),
        json!({"propertyNames": {"enum": ["stage", "title", "parallel", "on_approve"]}}),
    );
    schema.insert(
        "else".to_owned(),
        json!({
            "if": {"properties": {"approvals": {"type": "array"}}, "required": ["approvals"]},
            "then": true,
            "else": {"required": ["role"]},
        }),
    );
}

/// Whose task a stage's task becomes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::pipeline::assign_kinds)]
#[schemars(extend("required" = ["to"]))]
pub(crate) struct Assign {
    /// How the officer is chosen.
    pub to: Option<AssignTo>,
    /// The field of the form that must be an officer's attribute of the same name.
    #[serde(rename = "match")]
    pub matching: Option<String>,
    /// Who, by their id in the roster.
    pub person: Option<String>,
}

/// How an officer is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssignTo {
    /// Whoever claims it.
    Pool,
    /// Who has the fewest open tasks.
    LeastBusy,
    /// One after the other.
    RoundRobin,
    /// One person.
    Person,
}

/// Tells which keys naming a person takes.
pub(super) fn assign_kinds(schema: &mut Schema) {
    let person = json!({"properties": {"to": {"const": "person"}}, "required": ["to"]});
    schema.insert("if".to_owned(), person);
    schema.insert(
        "then".to_owned(),
        json!({"propertyNames": {"enum": ["to", "person"]}, "required": ["person"]}),
    );
    schema.insert("else".to_owned(), json!({"propertyNames": {"enum": ["to", "match"]}}));
}

/// How many must approve.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Approvals {
    /// So many holders of the role.
    Count(u32),
    /// `all`: everybody who holds the role when the stage opens.
    All(String),
    /// So many of each role.
    Seats(Vec<Seat>),
}

impl JsonSchema for Approvals {
    fn schema_name() -> Cow<'static, str> {
        "Approvals".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let seat = generator.subschema_for::<Seat>();
        json_schema!({
            "description": "A number, `all`, or a list of roles that takes the place of `role`.",
            "type": ["integer", "string", "array"],
            "minimum": 1,
            "maximum": 100,
            "if": {"type": "string"},
            "then": {"enum": ["all"]},
            "items": seat,
            "minItems": 1,
        })
    }
}

/// How many of one role must approve.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["role"]))]
pub(crate) struct Seat {
    /// The role.
    pub role: Option<String>,
    /// How many. Default: 1.
    #[schemars(range(min = 1, max = 100))]
    pub count: Option<u32>,
}

/// What an approval does.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Effects {
    /// One thing.
    One(Effect),
    /// Several, in order.
    Many(Vec<Effect>),
}

impl Effects {
    /// Returns the effects.
    pub(crate) fn as_slice(&self) -> &[Effect] {
        match self {
            Self::One(effect) => std::slice::from_ref(effect),
            Self::Many(effects) => effects,
        }
    }
}

impl JsonSchema for Effects {
    fn schema_name() -> Cow<'static, str> {
        "Effects".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = json!({
            "type": ["string", "object"],
            "properties": {"webhook": {"description": "The webhook that is called.", "type": "string"}},
            "required": ["webhook"],
            "additionalProperties": false,
        });
        json_schema!({
            "description": "What the approval does: `issue_voucher`, `pay`, `{webhook: name}`, or a list of these.",
            "if": {"type": "array"},
            "then": {"items": one, "minItems": 1, "uniqueItems": true},
            "else": one,
        })
    }
}

/// One thing that an approval does.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Effect {
    /// `issue_voucher` or `pay`.
    Named(String),
    /// Calls a webhook.
    Webhook {
        /// Its name.
        #[serde(default)]
        webhook: Option<String>,
    },
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
    /// The role added by `escalate`, or the webhook.
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
    /// Goes on to the next stage, this one approved.
    Approve,
    /// Ends the application.
    Reject,
    /// Calls a webhook.
    Webhook,
}

/// Tells which keys each late action takes and needs.
pub(super) fn late_kinds(schema: &mut Schema) {
    let rule = |what, own| kinds_of_do(&["after", "do"], what, own);
    let rules = [
        rule("remind", &[][..]),
        rule("escalate", &["to"]),
        rule("pass", &[]),
        rule("approve", &[]),
        rule("reject", &["reason"]),
        rule("webhook", &["to"]),
    ];
    schema.insert("allOf".to_owned(), json!(rules));
}

/// Returns the rule for entries that do `what`: the keys that all entries have, and its own, which it needs.
pub(super) fn kinds_of_do(common: &[&str], what: &str, own: &[&str]) -> serde_json::Value {
    let names: Vec<&str> = common.iter().chain(own).copied().collect();
    json!({
        "if": {"properties": {"do": {"const": what}}, "required": ["do"]},
        "then": {"propertyNames": {"enum": names}, "required": own},
    })
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
