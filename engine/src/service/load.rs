//! Loading applications and programmes, and keeping the recent ones.

use std::sync::{Arc, PoisonError};

use annona_definitions::Programme;
use annona_definitions::programme::ProgrammeId;

use super::{Engine, Failure};
use crate::application::Application;
use crate::id::ApplicationId;
use crate::recorded::{Hash, Opened};
use crate::store::Contact;
use crate::vault::DataKey;

/// An application with its personal values opened.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The row.
    pub application: Application,
    /// Its data key; none after erasure.
    pub key: Option<DataKey>,
    /// Its personal values; none after erasure.
    pub opened: Opened,
    /// By what its applicant is known; nothing after erasure.
    pub contacts: Vec<Contact>,
}

impl Engine {
    /// Returns an application, as it was last recorded by whichever daemon.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails or a sealed value cannot be opened.
    pub async fn load(&self, id: ApplicationId) -> Result<Option<Arc<Loaded>>, Failure> {
        match self.kept(id) {
            Some(kept) if self.is_current(&kept.application).await? => Ok(Some(kept)),
            _ => self.read(id).await,
        }
    }

    /// Returns an application as it is known here, which another daemon may have changed since: for what never changes, for
    /// what this daemon has just recorded, and for decisions, which are recorded only upon the version that stands.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails or a sealed value cannot be opened.
    pub async fn load_recent(&self, id: ApplicationId) -> Result<Option<Arc<Loaded>>, Failure> {
        match self.kept(id) {
            Some(kept) => Ok(Some(kept)),
            None => self.read(id).await,
        }
    }

    /// Returns whether nobody has recorded anything of an application since it was as given.
    pub(super) async fn is_current(&self, application: &Application) -> Result<bool, Failure> {
        if !self.0.store.is_shared() {
            return Ok(true);
        }
        let version = self.0.store.version(application.id).await?;
        Ok(version == Some(application.version))
    }

    fn kept(&self, id: ApplicationId) -> Option<Arc<Loaded>> {
        self.0.applications.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    async fn read(&self, id: ApplicationId) -> Result<Option<Arc<Loaded>>, Failure> {
        let loaded = self.open(id).await?.map(Arc::new);
        if let Some(loaded) = &loaded {
            self.keep(id, Arc::clone(loaded));
        }
        Ok(loaded)
    }

    /// Reads an application and opens its personal values, without keeping it.
    pub(super) async fn open(&self, id: ApplicationId) -> Result<Option<Loaded>, Failure> {
        let Some(stored) = self.0.store.application(id).await? else { return Ok(None) };
        let broken = |cause: crate::vault::VaultError| Failure::Broken(cause.to_string());
        let key =
            stored.key.map(|key| self.0.master.unwrap(id, &key)).transpose().map_err(broken)?;
        let mut opened = Opened::default();
        if let Some(key) = &key {
            for sealed in self.0.store.sealed(id).await? {
                opened.0.insert(sealed.commitment, key.open(id, &sealed).map_err(broken)?);
            }
        }
        let contacts = self.0.store.contacts(id).await?;
        Ok(Some(Loaded { application: stored.application, key, opened, contacts }))
    }

    /// Keeps what was just recorded or read, unless something newer is kept: who read it first may come to keep it last.
    pub(super) fn keep(&self, id: ApplicationId, loaded: Arc<Loaded>) {
        let mut kept = self.0.applications.lock().unwrap_or_else(PoisonError::into_inner);
        let version = loaded.application.version;
        if kept.peek(&id).is_none_or(|kept| kept.application.version <= version) {
            kept.put(id, loaded);
        }
    }

    /// Forgets what is no longer the newest: of this version, or an older one.
    pub(super) fn forget(&self, id: ApplicationId, version: u64) {
        let mut kept = self.0.applications.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.peek(&id).is_some_and(|kept| kept.application.version <= version) {
            kept.pop(&id);
        }
    }

    /// Returns the programme of a definition.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if there is no such definition, or it no longer compiles.
    pub async fn programme(&self, definition: Hash) -> Result<Arc<Programme>, Failure> {
        let known = self
            .0
            .programmes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&definition)
            .cloned();
        if let Some(programme) = known {
            return Ok(programme);
        }
        let stored = self.0.store.definition(definition).await?;
        let stored = stored
            .ok_or_else(|| Failure::Broken(format!("there is no definition {definition}")))?;
        let compiled = annona_definitions::compile_deployed(&stored.programme, &stored.source);
        let programme = compiled.programme.map(Arc::new);
        let programme = programme.ok_or_else(|| {
            Failure::Broken(format!("definition {definition} no longer compiles"))
        })?;
        self.remember(Arc::clone(&programme));
        Ok(programme)
    }

    /// Returns the newest definition of a programme.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails.
    pub async fn newest(&self, programme: &ProgrammeId) -> Result<Option<Arc<Programme>>, Failure> {
        match self.0.store.newest(Some(programme.as_str())).await?.first() {
            Some(newest) => self.programme(newest.digest).await.map(Some),
            None => Ok(None),
        }
    }

    /// Keeps a compiled programme.
    pub(super) fn remember(&self, programme: Arc<Programme>) {
        let digest = Hash(programme.digest.0);
        self.0.programmes.write().unwrap_or_else(PoisonError::into_inner).insert(digest, programme);
    }
}
