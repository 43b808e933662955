//! The voucher and the money behind it, as the file writes them: voucher, budget, reimbursement, emergency.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::form::Field;
use super::pipeline::Stage;
use super::words::{Expression, Number, Words, YesNo};

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
    /// What it is good for, by name; without it, for whatever the providers give.
    #[schemars(extend("minProperties" = 1))]
    pub items: IndexMap<String, Item>,
    /// How it is redeemed. Default: once, as a whole.
    pub redeem: Option<Redeem>,
    /// What is printed, and on what.
    pub print: Option<Print>,
    /// A profile of the code for readers of another system.
    pub profile: Option<Profile>,
    /// The field of the form that names the region in which it is redeemed.
    pub region: Option<String>,
}

/// One thing that a voucher is good for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["label"]))]
pub(crate) struct Item {
    /// Label for people.
    pub label: Option<Words>,
    /// How often. Default: 1.
    #[schemars(range(min = 1, max = 1_000))]
    pub times: Option<u32>,
    /// What it costs at most, once. Default: what is left of the voucher.
    pub amount: Option<Expression>,
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
    /// The most that a provider may take without a connection. Default: nothing.
    pub offline_up_to: Option<Number>,
    /// What the holder pays of it: an expression.
    pub co_payment: Option<Expression>,
}

/// What is printed, and on what.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Print {
    /// The size of the paper. Default: A5.
    pub paper: Option<Paper>,
    /// In which of the programme's languages. Default: the applicant's.
    #[schemars(length(min = 1))]
    pub languages: Option<Vec<String>>,
    /// What is shown, in order: fields of the form, and `number`, `amount`, `valid_until`, `providers`, `code`.
    #[schemars(length(min = 1))]
    pub show: Option<Vec<String>>,
}

/// A size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 148 × 210 mm.
    A5,
    /// The roll of a receipt printer.
    #[serde(rename = "receipt")]
    Receipt,
}

/// A profile of the code for readers of another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum Profile {
    /// Identity in a QR code as MOSIP reads it.
    #[serde(rename = "claim-169")]
    Claim169,
}

/// The fund that vouchers commit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::money::budget_kinds)]
#[schemars(extend("required" = ["total"]))]
pub(crate) struct Budget {
    /// How much there is in one period.
    pub total: Option<Number>,
    /// The period. Default: programme.
    pub per: Option<Period>,
    /// First day of the first period. Default: the first day of its year or month.
    pub starts: Option<String>,
    /// What happens to an approval without money. Default: wait.
    pub when_empty: Option<WhenEmpty>,
    /// The reason of `reject`, one of `reasons.reject`.
    pub reason: Option<String>,
    /// Which waiting approval comes first: an expression, the largest first. Default: the earliest approval.
    pub priority: Option<Expression>,
    /// Whether what is unspent is added to the next period. Default: no.
    pub carry_over: Option<YesNo>,
}

/// The period of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Period {
    /// A year.
    Year,
    /// A month.
    Month,
    /// All the time that the programme runs.
    Programme,
}

/// What happens to an approval without money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhenEmpty {
    /// It waits for money.
    Wait,
    /// The application is rejected.
    Reject,
}

/// Tells which keys belong to waiting and which to rejecting.
pub(super) fn budget_kinds(schema: &mut Schema) {
    let rejects =
        json!({"properties": {"when_empty": {"const": "reject"}}, "required": ["when_empty"]});
    schema.insert("if".to_owned(), rejects);
    schema.insert(
        "then".to_owned(),
        json!({
            "propertyNames": {"enum": ["total", "per", "starts", "when_empty", "reason", "carry_over"]},
            "required": ["reason"],
        }),
    );
    schema.insert(
        "else".to_owned(),
        json!({
            "propertyNames": {"enum": ["total", "per", "starts", "when_empty", "priority", "carry_over"]},
        }),
    );
}

/// How a provider's claim is decided and paid.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["stages"]))]
pub(crate) struct Reimbursement {
    /// How long after a redemption it may be claimed. Default: no end.
    pub claim_within: Option<String>,
    /// What the provider fills in, read as `claim.name`.
    pub asks: IndexMap<String, Field>,
    /// When a claim is taken.
    pub claim_if: Option<Expression>,
    /// The claim's own stages; the last one pays.
    #[schemars(length(min = 1))]
    pub stages: Vec<Stage>,
}

/// Issuing a voucher now, and ratifying it later.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["if", "issue_up_to", "ratify_within", "role"]))]
pub(crate) struct Emergency {
    /// Which applications are emergencies.
    #[serde(rename = "if")]
    pub condition: Option<Expression>,
    /// The most that is issued at once.
    pub issue_up_to: Option<Expression>,
    /// Until when it must be ratified; else it is reported, and no other is issued so.
    pub ratify_within: Option<String>,
    /// The role whose holder issues it.
    pub role: Option<String>,
}
