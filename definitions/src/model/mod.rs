//! The serde mirror of the file: one type for each kind of entry.
//!
//! Has no behaviour. Every key is optional here, so that a file with mistakes can still be looked at as a whole; what is
//! required stands in the schema that is derived from these types.

mod form;
mod intake;
mod money;
mod pipeline;
mod words;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) use form::{Accept, Field, FieldType, OfField, Options};
pub(crate) use intake::{
    Appeal, Band, Bands, Points, Schedule, ScheduleJob, Score, Webhook, Window,
};
pub(crate) use money::{Budget, Emergency, Period, Print, Reimbursement, Voucher, WhenEmpty};
pub(crate) use pipeline::{
    Approvals, AssignTo, Effect, Effects, Eligibility, LateStep, LateWhat, Notice, SendBack, Stage,
};
pub(crate) use words::{
    Expression, Limit, Number, OneOrMany, ReasonWords, Words, YesNo, language_pattern,
};

/// An assistance programme.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Annona programme")]
#[schemars(extend("required" = ["format", "programme", "title", "roles", "form", "stages"]))]
pub(crate) struct File {
    /// Version of this grammar: 1.
    pub format: Option<Number>,
    /// Name in addresses: lower-case letters, digits and hyphens.
    pub programme: Option<String>,
    /// Title for people.
    pub title: Option<Words>,
    /// What the programme does, for people.
    pub description: Option<Words>,
    /// Where the facts come from.
    pub about: Option<About>,
    /// Languages of the texts as BCP 47 tags; the first is the fallback. Default: en.
    #[schemars(length(min = 1))]
    pub languages: Option<Vec<String>>,
    /// ISO 4217 code of the currency of every amount; needed for money.
    pub currency: Option<String>,
    /// Time zone of every deadline and date. Default: UTC.
    pub calendar: Option<Calendar>,
    /// Policy numbers and look-up tables that guards read as `limits.name`.
    pub limits: IndexMap<String, Limit>,
    /// Guard scripts (rhai functions) shared by the guards.
    pub functions: Option<String>,
    /// Roles and their titles; people are joined to roles by the roster.
    pub roles: IndexMap<String, Words>,
    /// Whether nobody may decide in two stages of one application. Default: yes.
    pub separate_duties: Option<YesNo>,
    /// When applications are taken. Default: always.
    pub window: Option<Window>,
    /// A scorecard over the form, which guards read as `score`.
    pub score: Option<Score>,
    /// The fund that vouchers commit. Default: no bound.
    pub budget: Option<Budget>,
    /// The application form: field by field.
    pub form: IndexMap<String, Field>,
    /// Rules checked when an application is sent, in order.
    pub eligibility: Vec<Eligibility>,
    /// The pipeline: approve goes on to the next stage, reject ends the application.
    #[schemars(length(min = 1))]
    pub stages: Vec<Stage>,
    /// The reasons officers pick from.
    pub reasons: Reasons,
    /// Messages, by event.
    pub notify: IndexMap<String, Notice>,
    /// The form fields that reach the applicant. Default: the fields of these names.
    pub applicant: Option<Applicant>,
    /// The entitlement that the last approval issues.
    pub voucher: Option<Voucher>,
    /// How a provider's claim is decided and paid.
    pub reimbursement: Option<Reimbursement>,
    /// How a rejection is appealed. Default: not at all.
    pub appeal: Option<Appeal>,
    /// Issuing a voucher now, and ratifying it later.
    pub emergency: Option<Emergency>,
    /// Signed calls to other systems, by name.
    pub webhooks: IndexMap<String, Webhook>,
    /// Recurring work in the programme's time zone.
    pub schedules: Vec<Schedule>,
    /// How long personal values are kept after the last event. Default: for ever.
    pub keep: Option<Keep>,
    /// Example applications, by name.
    pub examples: IndexMap<String, Map<String, Value>>,
    /// Tests that travel with the programme.
    pub tests: Vec<Test>,
}

/// Where the facts of a programme come from.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct About {
    /// Where the rules are published.
    pub source: Option<String>,
    /// The date on which the source was read.
    pub as_of: Option<String>,
    /// Which parts are invented.
    pub illustrative: Option<Vec<String>>,
}

/// The programme's time.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Calendar {
    /// Name of the IANA time zone: `Africa/Kampala`.
    pub timezone: Option<String>,
    /// Opening hours, local time, one span or several: `mon-fri 08:00-17:00`. Default: always open.
    pub open: Option<OneOrMany>,
    /// Closed days: a date (`2026-06-03`), a yearly date (`12-25`), or a day by Easter (`easter+1`, `orthodox-easter-2`).
    #[schemars(length(max = 1_000))]
    pub closed: Vec<String>,
}

/// The reasons officers pick from, by decision.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reasons {
    /// For approving.
    pub approve: IndexMap<String, words::ReasonWords>,
    /// For rejecting.
    pub reject: IndexMap<String, words::ReasonWords>,
    /// For sending back.
    pub send_back: IndexMap<String, words::ReasonWords>,
}

/// The form fields that reach the applicant.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Applicant {
    /// A field of type phone.
    pub phone: Option<String>,
    /// A field of type email.
    pub email: Option<String>,
    /// A field that holds one of the programme's languages.
    pub language: Option<String>,
    /// A field that names the person.
    pub name: Option<String>,
}

/// How long personal values are kept: one duration, or one for each outcome.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Keep {
    /// The same for every outcome.
    All(String),
    /// By outcome.
    Each(KeepEach),
}

/// How long personal values are kept, by outcome.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeepEach {
    /// After a rejection.
    pub rejected: Option<String>,
    /// After a withdrawal.
    pub withdrawn: Option<String>,
    /// After an approval.
    pub approved: Option<String>,
}

impl JsonSchema for Keep {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Keep".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        words::text_or(&generator.subschema_for::<KeepEach>())
    }
}

/// A test that travels with the programme.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["test", "given", "expect"]))]
pub(crate) struct Test {
    /// Its name, a sentence.
    #[serde(rename = "test")]
    pub name: Option<String>,
    /// The application: field values; `from` names an example that the other keys change.
    pub given: Map<String, Value>,
    /// What happens, step by step.
    pub when: Vec<Map<String, Value>>,
    /// What must hold at the end.
    pub expect: Map<String, Value>,
}
