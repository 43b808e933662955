//! What of a roster has no meaning yet: it may be applied before the programmes it speaks of are deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use annona_definitions::Programme;
use annona_definitions::programme::ProgrammeId;
use annona_engine::roster::{Roster, SYSTEM_ROLES};
use annona_engine::service::{Engine, Failure};
use serde::Serialize;
use utoipa::ToSchema;

/// Most warnings of one answer: more are not read.
const MAX_WARNINGS: usize = 200;

/// Something of a roster that has no meaning yet.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RosterWarning)]
pub(super) struct Warning {
    /// The first entry that it is about.
    #[schema(example = "/people/grace/holds")]
    pointer: String,
    /// One sentence.
    message: String,
}

/// Newest definitions, by programme.
type Programmes = BTreeMap<String, Arc<Programme>>;

/// Returns what of a roster has no meaning yet, each programme and role once.
pub(super) async fn warnings(engine: &Engine, roster: &Roster) -> Result<Vec<Warning>, Failure> {
    let mut programmes = Programmes::new();
    for deployed in engine.store().newest(None).await? {
        let programme = engine.programme(deployed.digest).await?;
        programmes.insert(deployed.programme, programme);
    }
    let held = roster.people.iter().flat_map(|person| {
        let at = format!("/people/{}/holds", person.id);
        person.holds.iter().filter_map(move |holding| {
            Some((at.clone(), holding.programme.as_ref()?, Some(holding.role.as_str())))
        })
    });
    let admitted = roster.providers.iter().flat_map(|provider| {
        let at = format!("/providers/{}/programmes", provider.id);
        provider.programmes.iter().map(move |programme| (at.clone(), programme, None))
    });
    let mut told = BTreeSet::new();
    let warnings = held.chain(admitted).filter_map(|(pointer, programme, role)| {
        let message = wrong(&programmes, programme, role)?;
        told.insert(message.clone()).then_some(Warning { pointer, message })
    });
    Ok(warnings.take(MAX_WARNINGS).collect())
}

/// Returns what is wrong with a programme, or with a role in it.
fn wrong(programmes: &Programmes, id: &ProgrammeId, role: Option<&str>) -> Option<String> {
    let Some(programme) = programmes.get(id.as_str()) else {
        return Some(format!("there is no programme `{id}` yet"));
    };
    let role = role.filter(|role| !SYSTEM_ROLES.contains(role))?;
    let declared = programme.roles.keys().any(|declared| declared.as_str() == role);
    (!declared).then(|| format!("programme `{id}` has no role `{role}`"))
}
