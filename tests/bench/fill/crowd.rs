//! The crowd that applies: a programme, who sends its applications, and the applications.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use annona_definitions::programme::ProgrammeId;
use annona_engine::application::Status;
use annona_engine::command::Submit;
use annona_engine::id::Who;
use annona_engine::roster::Roster;
use annona_engine::service::{Engine, Principal};
use serde_json::{Value, json};

use crate::Failed;

/// Who sends them.
const PORTAL: &str = "portal";
/// The roles of the programme, as `annona-load` lists them.
const ROLES: [&str; 3] = ["clerk", "reviewer", "approver"];

/// Lists whoever is missing and deploys the programme where it is not yet; returns its id.
pub(crate) async fn prepare(engine: &Engine, source: &[u8]) -> Result<ProgrammeId, Failed> {
    let admin = Who::Person("admin".to_owned());
    if engine.roster().person(PORTAL).is_none() {
        engine.set_roster(&admin, roster()?).await?;
    }
    let deployed = engine.deploy(&admin, source).await?;
    Ok(deployed.programme)
}

/// Returns how many applications of a programme there are, and how many of them wait for an officer.
pub(crate) async fn count(engine: &Engine, programme: &ProgrammeId) -> Result<(u64, u64), Failed> {
    let counts = engine.store().counts(programme.as_str()).await?;
    let waiting = counts.iter().filter(|(status, _)| *status == Status::InReview);
    Ok((counts.iter().map(|(_, count)| count).sum(), waiting.map(|(_, count)| count).sum()))
}

/// Sends so many applications, the first of which has the number `first`.
pub(crate) async fn send(
    engine: &Engine,
    programme: &ProgrammeId,
    first: u64,
    count: u64,
    at_once: u64,
) -> Result<(), Failed> {
    let next = Arc::new(AtomicU64::new(first));
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..at_once.min(count) {
        let (engine, programme, next) = (engine.clone(), programme.clone(), Arc::clone(&next));
        sending.spawn(async move {
            let portal = Principal::Listed(Who::Person(PORTAL.to_owned()));
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= first + count {
                    return Ok(());
                }
                let submit = Submit { programme: programme.clone(), form: form(number) };
                engine.submit(&portal, submit, None).await?;
            }
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent?.map_err(|failure: annona_engine::service::Failure| Failed::from(failure))?;
    }
    Ok(())
}

/// Returns a form of about 1 KB, as `annona-load` sends it.
fn form(number: u64) -> Value {
    let statement = "Household income statement, proof of address, and words. ".repeat(15);
    json!({
        "name": format!("Applicant {number}"), "region": "north", "household": 4, "income": "1234.50",
        "cost": "300.00", "statement": statement,
    })
}

fn roster() -> Result<Roster, Failed> {
    let person = |id: &str, holds: Value| {
        let email = format!("{id}@example.org");
        json!({"id": id, "name": id, "email": email, "languages": ["en"], "holds": [holds]})
    };
    let mut people = vec![
        person("admin", json!({"role": "administrator"})),
        person(PORTAL, json!({"role": "intake"})),
    ];
    for role in ROLES {
        people.push(person(&format!("{role}-0"), json!({"programme": "bench", "role": role})));
    }
    Ok(serde_json::from_value(json!({"people": people, "providers": []}))?)
}
