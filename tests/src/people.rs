//! The people of the story: who applies, who decides, who helps.

use serde_json::{Value, json};

use crate::{Answer, Caller, Daemon, repository};

/// Everybody whom an application of the example meets.
#[derive(Debug)]
pub struct People {
    /// Sends applications for others.
    pub portal: Caller,
    /// The field assessor.
    pub assessor: Caller,
    /// The doctor.
    pub doctor: Caller,
    /// Approver and director.
    pub director: Caller,
    /// The hospital.
    pub hospital: Caller,
    /// Revokes.
    pub issuer: Caller,
    /// Solves incidents.
    pub operator: Caller,
}

/// Returns a form of the example; `number` makes it a person of its own.
#[must_use]
pub fn form(number: u32, estimate: &str) -> Value {
    json!({
        "name": "Amina Nakato", "national_id": format!("{number:010}"), "phone": format!("+2567{number:08}"),
        "language": "en", "address": "Gulu, 7 Hill Road", "district": "north", "age": 41,
        "family": [{"name": "Omar", "age": 9}], "income": "180.00", "treatment": "heart", "cost": "2400.00",
        "estimate": estimate,
    })
}

/// Returns the bytes of the example's document.
fn sample() -> Vec<u8> {
    std::fs::read(repository().join("examples/urgent-surgery/sample.pdf")).unwrap()
}

/// Returns the bytes of a document that nobody has uploaded before: the sample with words of its own after its end.
#[must_use]
pub fn aside(words: &str) -> Vec<u8> {
    let mut bytes = sample();
    bytes.extend_from_slice(format!("\n% {words}\n").as_bytes());
    bytes
}

impl People {
    /// Deploys the example, applies its roster, and gives everybody a token.
    pub async fn of(daemon: &Daemon) -> Self {
        daemon.deploy("urgent-surgery").await;
        daemon.apply_roster().await;
        Self {
            portal: daemon.listed("person:portal").await,
            assessor: daemon.listed("person:ama").await,
            doctor: daemon.listed("person:grace").await,
            director: daemon.listed("person:daniel").await,
            hospital: daemon.listed("provider:mulago").await,
            issuer: daemon.listed("person:irene").await,
            operator: daemon.listed("person:omar").await,
        }
    }

    /// Sends an application through the portal.
    pub async fn apply(&self, number: u32) -> Answer {
        let estimate = self.portal.upload(sample()).await.is(201).text("/id");
        let body = json!({"programme": "urgent-surgery", "form": form(number, &estimate)});
        self.portal.post("/v1/applications", &body).await.is(201)
    }

    /// Takes an application to its voucher, and returns the last answer.
    pub async fn to_voucher(&self, number: u32) -> Answer {
        let id = self.apply(number).await.text("/id");
        let approve = |answers: Value| json!({"decision": "approve", "answers": answers});
        let visited = approve(json!({"visited": true}));
        let _ = self.assessor.decide(&format!("{id}.1"), &visited).await.is(201);
        let amount = approve(json!({"amount": "2300.00"}));
        let _ = self.doctor.decide(&format!("{id}.2"), &amount).await.is(201);
        self.director.decide(&format!("{id}.3"), &approve(json!({}))).await.is(201)
    }
}
