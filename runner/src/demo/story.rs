//! The story, step by step.

use std::path::PathBuf;

use annona_engine::clock::{Clock as _, System};
use annona_engine::voucher::{self, Context, TrustList};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::applicant::Applicant;
use super::cast::{Place, Token};
use super::{DemoError, code, words};
use crate::client::{Client, ClientError};
use crate::folder::FolderError;

/// The programme of the story.
const PROGRAMME: &[u8] = include_bytes!("../../../examples/urgent-surgery/programme.yaml");
/// Its people.
const ROSTER: &[u8] = include_bytes!("../../../examples/roster.yaml");
/// The hospital's estimate that the applicant sends.
const ESTIMATE: &[u8] = include_bytes!("../../../examples/urgent-surgery/sample.pdf");
/// Marks the tokens of the story, so that the next run takes them back.
const LABEL: &str = "demo";

/// Who decides, in the order of the stages.
const OFFICERS: [(&str, &str, &str); 3] = [
    ("person:ama", "Ama Mensah, field assessor,", r#"{"visited": true}"#),
    ("person:grace", "Grace Akello, medical reviewer,", r#"{"amount": "2300.00"}"#),
    ("person:daniel", "Daniel Okot, director,", "{}"),
];

/// What a story leaves behind.
#[derive(Debug)]
pub(super) struct Told {
    /// The tokens that were made.
    pub(super) tokens: Vec<Token>,
    /// How the application is called.
    pub(super) reference: String,
    /// Where the picture of the voucher's code is.
    pub(super) picture: PathBuf,
}

/// Tells the story from an empty folder, or one where it was told before.
pub(super) async fn tell(place: &Place, began: Timestamp) -> Result<Told, DemoError> {
    let admin = place.administrator()?;
    prepare(&admin).await?;
    let mut tokens = Vec::new();
    let person = Applicant::invent()?;
    let applicant = sign_in(place, &person, &mut tokens).await?;
    let sent = apply(&applicant, &person).await?;
    let issued = decide(place, &admin, &sent, &mut tokens).await?;
    let picture = show(place, &issued, began)?;
    verify(place, text(&issued, "/voucher/token"))?;
    let hospital = token(place, &admin, "provider:mulago", &mut tokens).await?;
    redeem(&hospital, &person, &issued).await?;
    Ok(Told { tokens, reference: text(&sent, "/reference").to_owned(), picture })
}

/// Deploys the programme and lists its people.
async fn prepare(admin: &Client) -> Result<(), DemoError> {
    let step = "deploy the programme";
    let deployed = admin
        .post_bytes("/v1/programmes", "application/yaml", PROGRAMME)
        .await
        .map_err(DemoError::at(step))?;
    words::step("The administrator deploys the programme and lists its people");
    words::line(&format!(
        "`{}`, definition {}, SHA-256 {}",
        text(&deployed, "/programme"),
        number(&deployed, "/number"),
        text(&deployed, "/digest")
    ));
    let step = "apply the roster";
    let roster: Value = serde_yaml::from_slice(ROSTER)
        .map_err(|cause| DemoError::other(step, cause.to_string()))?;
    let listed = admin.put("/v1/roster", &roster).await.map_err(DemoError::at(step))?;
    words::line(&format!(
        "{} people and {} providers",
        number(&listed, "/people"),
        number(&listed, "/providers")
    ));
    let step = "take back the tokens of an earlier run";
    let held = admin.get("/v1/tokens").await.map_err(DemoError::at(step))?;
    for old in list(&held, "/items") {
        if text(old, "/label") == LABEL {
            let path = format!("/v1/tokens/{}", text(old, "/id"));
            admin.delete(&path).await.map_err(DemoError::at(step))?;
        }
    }
    Ok(())
}

/// Signs the applicant in by a one-time code.
async fn sign_in(
    place: &Place,
    person: &Applicant,
    tokens: &mut Vec<Token>,
) -> Result<Client, DemoError> {
    let step = "sign in";
    let anyone = place.anyone()?;
    words::step(&format!("{} signs in", person.name));
    let asked = json!({"programme": "urgent-surgery", "phone": person.phone});
    let asked = anyone.post("/v1/sign-in", &asked).await.map_err(DemoError::at(step))?;
    let code = code::read(&place.layout.messages(), &person.phone).await?;
    words::line(&format!("a one-time code was sent to {}", person.phone));
    let given = json!({"id": text(&asked, "/id"), "code": code});
    let given = anyone.post("/v1/sign-in/code", &given).await.map_err(DemoError::at(step))?;
    let secret = text(&given, "/token");
    tokens.push(Token { who: person.name.clone(), text: secret.to_owned() });
    place.bearing(secret)
}

/// Sends the application with its document.
async fn apply(applicant: &Client, person: &Applicant) -> Result<Value, DemoError> {
    let step = "apply";
    let estimate = applicant
        .post_bytes("/v1/documents", "application/pdf", ESTIMATE)
        .await
        .map_err(DemoError::at(step))?;
    let body = json!({
        "programme": "urgent-surgery", "form": person.form(text(&estimate, "/id")),
    });
    let sent = applicant.post("/v1/applications", &body).await.map_err(DemoError::at(step))?;
    words::step(&format!("{} applies for a heart operation of 2,400.00 USD", person.name));
    words::line(&format!("application {}", text(&sent, "/reference")));
    let path = format!("/v1/applications/{}/history", text(&sent, "/id"));
    let history = applicant.get(&path).await.map_err(DemoError::at(step))?;
    words::guards(list(&history, "/items"));
    goes_on(&sent);
    Ok(sent)
}

/// Says where an application is now.
fn goes_on(application: &Value) {
    match application.get("stage_title").and_then(Value::as_str) {
        Some(stage) => {
            let due = text(application, "/due").parse::<Timestamp>().ok();
            let due = due.map(|due| format!(", due {}", due.strftime("%Y-%m-%d %H:%M UTC")));
            words::line(&format!("next: {stage}{}", due.unwrap_or_default()));
        }
        None => words::line(&format!("now {}", text(application, "/status"))),
    }
}

/// Has each officer approve; returns the last answer, which carries the voucher.
async fn decide(
    place: &Place,
    admin: &Client,
    sent: &Value,
    tokens: &mut Vec<Token>,
) -> Result<Value, DemoError> {
    let step = "decide";
    let mut task = text(sent, "/tasks/0/id").to_owned();
    let mut last = Value::Null;
    for (who, name, answers) in OFFICERS {
        let officer = token(place, admin, who, tokens).await?;
        let claim = format!("/v1/tasks/{task}/claim");
        officer.post(&claim, &json!({})).await.map_err(DemoError::at(step))?;
        let read = officer.read(&format!("/v1/tasks/{task}")).await.map_err(DemoError::at(step))?;
        let answers: Value = serde_json::from_str(answers).unwrap_or_default();
        words::step(&format!("{name} approves: {}", text(&read.value, "/title")));
        for (question, answer) in answers.as_object().into_iter().flatten() {
            words::line(&format!("{question}: {}", given(answer)));
        }
        let body = json!({"decision": "approve", "answers": answers});
        last = officer
            .post_if_match(
                &format!("/v1/tasks/{task}/decision"),
                &read.etag.clone().unwrap_or_default(),
                &body,
            )
            .await
            .map_err(DemoError::at(step))?;
        words::guards(list(&last, "/events"));
        goes_on(last.get("application").unwrap_or(&Value::Null));
        text(&last, "/next_task/id").clone_into(&mut task);
    }
    Ok(last)
}

/// Returns an answer as its officer gives it.
fn given(answer: &Value) -> String {
    match answer {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Shows the voucher with its code; returns where its picture is.
fn show(place: &Place, issued: &Value, began: Timestamp) -> Result<PathBuf, DemoError> {
    let step = "show the voucher";
    let (number, token) = (text(issued, "/voucher/number"), text(issued, "/voucher/token"));
    if token.is_empty() {
        return Err(DemoError::other(step, "the last approval carries no voucher"));
    }
    let milliseconds = System.now().as_millisecond() - began.as_millisecond();
    words::step(&format!("The voucher {number} is issued"));
    words::line(&format!(
        "{} {}, for: {}, until {}",
        text(issued, "/voucher/amount"),
        text(issued, "/voucher/currency"),
        list(issued, "/voucher/providers").filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        text(issued, "/voucher/valid_until")
    ));
    words::line(&format!("{milliseconds} ms after the start of the program"));
    let picture = place.picture(number);
    let bytes =
        voucher::qr::png(token, 8).map_err(|cause| DemoError::other(step, cause.to_string()))?;
    crate::folder::replace_private(&picture, &bytes)?;
    words::code(token, &picture);
    Ok(picture)
}

/// Verifies the code as a provider without a network would: with nothing but the trust list.
fn verify(place: &Place, token: &str) -> Result<(), DemoError> {
    let step = "verify the voucher offline";
    let other = |cause: &dyn std::fmt::Display| DemoError::other(step, cause.to_string());
    let file = place.layout.trust_list();
    let list = std::fs::read(&file).map_err(FolderError::io(&file))?;
    let now = System.now().as_second();
    let root = data_encoding::HEXLOWER.decode(place.root.as_bytes()).unwrap_or_default();
    let root = <[u8; 32]>::try_from(root).unwrap_or_default();
    let root = voucher::PublicKey::from_bytes(&root).map_err(|cause| other(&cause))?;
    let trusted = TrustList::verify(&list, &root, now, None).map_err(|cause| other(&cause))?;
    let context = Context { provider_kind: Some("hospital"), ..Context::at(now) };
    let verified = voucher::verify(token, &trusted, &context)
        .map_err(|invalid| DemoError::other(step, invalid.sentence()))?;
    words::step("Mulago Hospital scans the code without a network");
    words::line(&format!(
        "genuine: signed by `{}` with key {}, for {}",
        verified.claims.issuer, verified.key, verified.claims.voucher.masked_name
    ));
    words::line("what is left on it stands in the ledger alone");
    Ok(())
}

/// Redeems the whole voucher, and tries it once more.
async fn redeem(hospital: &Client, person: &Applicant, issued: &Value) -> Result<(), DemoError> {
    let step = "redeem the voucher";
    let path = format!("/v1/vouchers/{}/redemptions", text(issued, "/voucher/id"));
    let body = json!({"check": person.national_id});
    let done = hospital.post(&path, &body).await.map_err(DemoError::at(step))?;
    words::step("Mulago Hospital operates, and redeems the voucher");
    words::line(&format!(
        "{} {} redeemed, {} left; the receipt is signed",
        text(&done, "/redemption/amount"),
        text(&done, "/redemption/currency"),
        text(&done, "/voucher/balance")
    ));
    words::step("Somebody shows a copy of the same code");
    match hospital.post(&path, &body).await {
        Ok(_) => Err(DemoError::other(step, "it was redeemed a second time")),
        Err(ClientError::Problem(refused)) if refused.code == "voucher_used_up" => {
            words::line(&format!("refused: {}", refused.detail));
            Ok(())
        }
        Err(cause) => Err(DemoError::Asked { step, cause }),
    }
}

/// Has the administrator make a token for somebody of the roster.
async fn token(
    place: &Place,
    admin: &Client,
    who: &str,
    tokens: &mut Vec<Token>,
) -> Result<Client, DemoError> {
    let body = json!({"owner": who, "label": LABEL});
    let made = admin.post("/v1/tokens", &body).await.map_err(DemoError::at("make a token"))?;
    let secret = text(&made, "/token");
    tokens.push(Token { who: who.to_owned(), text: secret.to_owned() });
    place.bearing(secret)
}

/// Returns a text of an answer; empty where there is none.
fn text<'a>(answer: &'a Value, pointer: &str) -> &'a str {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a number of an answer.
fn number(answer: &Value, pointer: &str) -> u64 {
    answer.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// Returns the entries of a list of an answer; none where there is no list.
fn list<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}
