//! The people of the load: a portal that sends applications, and officers who decide, each with a token.

use std::io;

use serde_json::{Value, json};

use crate::http::{Answer, Connection, Request};

/// The stages in order, with the role that works each.
pub(crate) const STAGES: [(&str, &str); 3] =
    [("intake", "clerk"), ("review", "reviewer"), ("final", "approver")];
/// Officers of each role: about as many as work in one office.
pub(crate) const OFFICERS: usize = 16;

/// Those who send applications with documents.
const SENDERS: usize = 4;

/// Everybody's tokens.
#[derive(Debug)]
pub(crate) struct Office {
    /// Who sends applications.
    pub(crate) portal: String,
    /// Others who do: one sender may have no more than so many uploads under way.
    senders: Vec<String>,
    /// The officers of each stage.
    officers: Vec<Vec<String>>,
}

impl Office {
    /// Deploys the programme, applies a roster, and makes everybody a token.
    pub(crate) async fn open(host: &str, admin: &str, programme: &str) -> io::Result<Self> {
        let mut connection = Connection::open(host).await?;
        let yaml = "application/yaml";
        let deploy = Request::post("/v1/programmes", admin, programme);
        let deployed = connection.send(Request { media_type: yaml, ..deploy }).await?;
        is_done(&deployed, "deploying the programme")?;
        let roster = roster().to_string();
        let apply = Request::post("/v1/roster", admin, &roster);
        let applied = connection.send(Request { method: "PUT", media_type: yaml, ..apply }).await?;
        is_done(&applied, "applying the roster")?;
        let portal = token(&mut connection, admin, "portal").await?;
        let mut senders = Vec::new();
        for number in 0..SENDERS {
            senders.push(token(&mut connection, admin, &format!("sender-{number}")).await?);
        }
        let mut officers = Vec::new();
        for (_, role) in STAGES {
            let mut tokens = Vec::new();
            for number in 0..OFFICERS {
                tokens.push(token(&mut connection, admin, &format!("{role}-{number}")).await?);
            }
            officers.push(tokens);
        }
        Ok(Self { portal, senders, officers })
    }

    /// Returns the token of whoever sends a client's applications.
    pub(crate) fn sender(&self, client: usize) -> &str {
        self.senders.get(client % SENDERS).map_or("", String::as_str)
    }

    /// Returns the token of who decides an application in a stage.
    pub(crate) fn officer(&self, stage: usize, application: usize) -> &str {
        let tokens = self.officers.get(stage).map_or(&[][..], Vec::as_slice);
        tokens.get(application % OFFICERS).map_or("", String::as_str)
    }
}

/// Returns who is there, as the programme needs them.
fn roster() -> Value {
    let person = |id: &str, holds: Value| {
        let id = id.to_owned();
        let email = format!("{id}@example.org");
        json!({"id": id, "name": id, "email": email, "languages": ["en"], "holds": [holds]})
    };
    let mut people = vec![
        person("admin", json!({"role": "administrator"})),
        person("portal", json!({"role": "intake"})),
    ];
    for number in 0..SENDERS {
        people.push(person(&format!("sender-{number}"), json!({"role": "intake"})));
    }
    for (_, role) in STAGES {
        for number in 0..OFFICERS {
            let holds = json!({"programme": "bench", "role": role});
            people.push(person(&format!("{role}-{number}"), holds));
        }
    }
    json!({"people": people, "providers": []})
}

async fn token(connection: &mut Connection, admin: &str, person: &str) -> io::Result<String> {
    let body = json!({"owner": format!("person:{person}"), "label": "bench"}).to_string();
    let made = connection.send(Request::post("/v1/tokens", admin, &body)).await?;
    is_done(&made, "making a token")?;
    text(&made, "/token")
}

/// Returns a text of an answer.
pub(crate) fn text(answer: &Answer, pointer: &str) -> io::Result<String> {
    let json: Value = serde_json::from_slice(&answer.body).map_err(io::Error::other)?;
    let found = json.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
    found.ok_or_else(|| io::Error::other(format!("the answer has no `{pointer}`")))
}

/// Checks that something was done.
pub(crate) fn is_done(answer: &Answer, what: &str) -> io::Result<()> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    Err(io::Error::other(format!("{what} was answered {}: {body}", answer.status)))
}
