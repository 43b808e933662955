//! Fields that are asked, and must be given, only sometimes.

use jiff::ToSpan as _;

use super::*;
use crate::calendar::Calendar;
use crate::guard::Compiler;

fn guard(text: &str) -> Guard {
    let limits = [("above".to_owned(), crate::guard::Limit::Number(50.into()))].into();
    let calendar = Calendar::new(jiff::tz::TimeZone::UTC);
    Compiler::new(&limits, None, calendar).unwrap().compile(text).unwrap()
}

/// A treatment, what it is when it is another, what it costs, and an estimate where it costs much.
fn treatment() -> Form {
    let options = ["heart", "other"];
    let options = options.map(|id| Choice { id: id.to_owned(), label: Text::from(id) }).to_vec();
    let text = || FieldKind::Text(TextRules::default());
    let file = FileRules { accept: vec![FileType::Pdf], max_size: DEFAULT_FILE_SIZE };
    Form {
        fields: vec![
            field("treatment", FieldKind::Choice(options)),
            Field { show_if: Some(guard("form.treatment == \"other\"")), ..field("which", text()) },
            Field { show_if: Some(guard("has(form.which)")), ..optional("why", text()) },
            field("cost", FieldKind::Money(Bounds::default())),
            Field {
                required_if: Some(guard("form.cost > limits.above")),
                ..optional("estimate", FieldKind::File(file))
            },
        ],
    }
}

fn read(values: &Json) -> Result<Vec<String>, Vec<String>> {
    let read = treatment().read(values, usd());
    read.map(|record| record.keys().cloned().collect()).map_err(|errors| wrongs(&errors))
}

#[test]
fn a_field_that_is_not_asked_has_no_value_and_one_that_is_must_be_given() {
    let heart = json!({"treatment": "heart", "cost": "5"});
    assert_eq!(read(&heart).unwrap(), ["treatment", "cost"]);
    let empty = json!({"treatment": "heart", "which": " ", "why": null, "cost": "5"});
    assert_eq!(read(&empty).unwrap(), ["treatment", "cost"]);
    let stale = json!({"treatment": "heart", "which": "eye", "why": "urgent", "cost": "5"});
    assert_eq!(read(&stale).unwrap_err(), ["/which not_asked", "/why not_asked"]);
    let other = json!({"treatment": "other", "cost": "5"});
    assert_eq!(read(&other).unwrap_err(), ["/which required"]);
    let named = json!({"treatment": "other", "which": "eye", "why": "urgent", "cost": "5"});
    assert_eq!(read(&named).unwrap(), ["treatment", "which", "why", "cost"]);
}

#[test]
fn a_field_is_required_only_where_its_condition_holds() {
    let costs = |cost: &str| json!({"treatment": "heart", "cost": cost});
    assert!(read(&costs("50")).is_ok());
    assert_eq!(read(&costs("50.01")).unwrap_err(), ["/estimate required"]);
}

#[test]
fn what_depends_on_a_wrong_value_is_no_second_mistake() {
    assert_eq!(
        read(&json!({"treatment": "eye", "which": "x", "cost": "many"})).unwrap_err(),
        ["/treatment not_an_option", "/cost not_an_amount"]
    );
    assert_eq!(read(&json!({"cost": "5"})).unwrap_err(), ["/treatment required"]);
}

#[test]
fn a_condition_that_cannot_run_refuses_the_form() {
    let mut form = treatment();
    form.fields[4].required_if = Some(guard("50 / form.cost > 1"));
    let errors = form.read(&json!({"treatment": "heart", "cost": "0"}), usd()).unwrap_err();
    assert_eq!(wrongs(&errors), ["/estimate condition_failed"]);
}

#[test]
fn a_correction_removes_what_is_not_asked_any_more_and_asks_what_is_new() {
    let form = treatment();
    let given = json!({"treatment": "other", "which": "eye", "why": "urgent", "cost": "5"});
    let before = form.read(&given, usd()).unwrap();
    let some = |values: Json, before: &Record| form.read_some(&values, before, usd());
    let (new, gone) = some(json!({"treatment": "heart"}), &before).unwrap();
    assert_eq!((new.len(), gone), (1, vec!["which".to_owned(), "why".to_owned()]));
    let errors = some(json!({"treatment": "heart", "which": "ear"}), &before).unwrap_err();
    assert_eq!(wrongs(&errors), ["/which not_asked"]);
    let heart = form.read(&json!({"treatment": "heart", "cost": "5"}), usd()).unwrap();
    let errors = some(json!({"treatment": "other"}), &heart).unwrap_err();
    assert_eq!(wrongs(&errors), ["/which required"]);
    let errors = some(json!({"cost": "51"}), &heart).unwrap_err();
    assert_eq!(wrongs(&errors), ["/estimate required"]);
    let (new, gone) = some(json!({"treatment": "other", "which": "eye"}), &heart).unwrap();
    assert_eq!((new.len(), gone.len()), (2, 0));
}

#[test]
fn a_correction_may_reach_the_fields_that_depend_on_it() {
    let named = |names: &[&str]| {
        treatment().with_dependent(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(named(&["treatment"]), ["treatment", "which", "why"]);
    assert_eq!(named(&["cost"]), ["cost", "estimate"]);
    assert_eq!(named(&["why"]), ["why"]);
}

#[test]
fn a_document_is_needed_only_where_it_is_asked_or_required() {
    let form = treatment();
    let today = usd().today;
    let is_needed = |cost: &str| {
        let given = json!({"treatment": "heart", "cost": cost, "estimate": "d-1"});
        form.fields[4].is_needed(&form.read(&given, usd()).unwrap(), today)
    };
    assert!(!is_needed("50") && is_needed("51"));
    let hidden =
        Field { show_if: Some(guard("form.treatment == \"other\"")), ..form.fields[4].clone() };
    let heart = form.read(&json!({"treatment": "heart", "cost": "5"}), usd()).unwrap();
    assert!(!hidden.is_needed(&heart, today));
    let always = Field { required_if: None, ..form.fields[4].clone() };
    assert!(always.is_needed(&heart, today));
}

#[test]
fn a_date_is_no_older_than_it_may_be_today() {
    let age = Some("6 months".parse().unwrap());
    let kind = FieldKind::Date { minimum: None, maximum: None, no_older_than: age };
    let form = Form { fields: vec![field("x", kind)] };
    let on = |date: &str| form.read(&json!({"x": date}), usd());
    assert!(on("2025-09-02").is_ok());
    assert_eq!(wrongs(&on("2025-09-01").unwrap_err()), ["/x too_small"]);
}

#[test]
fn a_client_is_told_the_conditions() {
    let schema = treatment().json_schema("en", "en");
    assert_eq!(schema["required"], json!(["treatment", "cost"]));
    assert_eq!(schema["properties"]["which"]["x-show-if"], "form.treatment == \"other\"");
    assert_eq!(schema["properties"]["estimate"]["x-required-if"], "form.cost > limits.above");
}

#[test]
fn days_that_go_by_change_nothing_of_what_was_given() {
    let mut form = treatment();
    form.fields
        .push(field("born", FieldKind::Date { minimum: None, maximum: None, no_older_than: None }));
    let mut card = field("card", FieldKind::Text(TextRules::default()));
    card.optional = true;
    card.required_if = Some(guard("years_between(form.born, today) >= 18"));
    form.fields.push(card);
    let given = json!({"treatment": "heart", "cost": "5", "born": "2008-03-04"});
    let before = form.read(&given, usd()).unwrap();
    let later = Terms { today: usd().today.saturating_add(10.days()), ..usd() };
    let (new, gone) = form.read_some(&json!({"cost": "6"}), &before, later).unwrap();
    assert_eq!((new.len(), gone.len()), (1, 0));
    let errors = form.read_some(&json!({"born": "2008-03-01"}), &before, later).unwrap_err();
    assert_eq!(wrongs(&errors), ["/card required"]);
}
