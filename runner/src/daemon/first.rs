//! The first start on an empty data folder: somebody must be able to begin.

use annona_engine::id::Who;
use annona_engine::roster::{Holding, Person, Roster};
use annona_engine::service::{DeployError, Engine, Failure};
use annona_engine::store::{Record, Token, TokenOwner};

use super::DaemonError;
use crate::auth::Secret;
use crate::folder::{Folder, create_private};

/// The person whom the first token belongs to.
pub(crate) const ADMINISTRATOR: &str = "admin";

/// Where nobody was ever listed, lists an administrator and writes their token; returns whether it did.
pub(super) async fn administrator(folder: &Folder, engine: &Engine) -> Result<bool, DaemonError> {
    let listed = engine.store().roster().await.map_err(Failure::from)?;
    let file = folder.layout().admin_token();
    if listed.is_some() {
        return Ok(false);
    }
    // The token comes first: a start that ends between the two is done again whole.
    let secret = Secret::mint()?;
    if file.exists() {
        std::fs::remove_file(&file).map_err(crate::folder::FolderError::io(&file))?;
    }
    create_private(&file, format!("{}\n", secret.text()).as_bytes())?;
    let owner = Who::Person(ADMINISTRATOR.to_owned());
    let token = Token {
        id: uuid::Uuid::from_bytes(crate::random::bytes()?),
        hash: secret.hash(),
        owner: TokenOwner::Listed(owner),
        label: "first start".to_owned(),
        created_at: engine.now(),
        expires_at: None,
    };
    engine.record(Record::AddToken(token)).await?;
    let first = Roster { people: vec![person()], providers: Vec::new() };
    engine.set_roster(&Who::Engine, first).await.map(|_| true).map_err(|error| match error {
        DeployError::Failed(failure) => failure.into(),
        other => Failure::Broken(other.to_string()).into(),
    })
}

fn person() -> Person {
    Person {
        id: ADMINISTRATOR.to_owned(),
        name: "Administrator".to_owned(),
        phone: None,
        email: None,
        languages: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
        holds: vec![Holding {
            programme: None,
            role: annona_definitions::programme::RoleId::recorded("administrator"),
        }],
        away: Vec::new(),
    }
}
