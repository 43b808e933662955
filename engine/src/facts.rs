//! What `decide` is told from outside: rights, duplicates, documents, randomness.
//!
//! Plain data, gathered by the service before each decision and never kept.

use std::collections::BTreeMap;

use annona_definitions::programme::RoleId;
use sha2::{Digest as _, Sha256};

use crate::application::{Document, StatusIndex};
use crate::id::{ApplicationId, DocumentId};

/// The facts of one decision.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What the one who acts may do.
    pub rights: Rights,
    /// For each `once_per` rule, by its position in `eligibility`: the earlier application that counts.
    pub duplicates: BTreeMap<usize, ApplicationId>,
    /// The documents named in the input that the one who acts may use.
    pub documents: BTreeMap<DocumentId, Document>,
    /// Whether the key of personal values that were not erased is no longer there: they are lost already.
    pub key_is_gone: bool,
    /// Where vouchers come from.
    pub issuer: Issuer,
    /// Randomness for ids, salts and serials.
    pub seed: Seed,
}

/// What somebody may do in the programme concerned.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    /// Roles held in the programme, and system roles.
    pub roles: Vec<RoleId>,
    /// Whether the application is theirs: sent by or for them, or with a phone, e-mail or `once_per` key of their roster entry.
    pub own: bool,
    /// The provider they act for.
    pub provider: Option<ProviderRights>,
}

impl Rights {
    /// Returns whether a role is held.
    #[must_use]
    pub fn holds(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held.as_str() == role)
    }
}

/// A provider of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRights {
    /// Its opaque id.
    pub id: String,
    /// Its kind: `hospital`.
    pub kind: String,
    /// Whether it is admitted to the programme.
    pub admitted: bool,
}

/// Where vouchers come from: the installation's name, key and addresses.
#[derive(Debug, Clone, Default)]
pub struct Issuer {
    /// The issuer as named in the trust list.
    pub name: String,
    /// Id of the key that signs now.
    pub key: String,
    /// Address of the status lists, without a number: `https://…/v1/status-lists/`.
    pub status_uri: String,
    /// Number of the status list that places are drawn from.
    pub status_list: u32,
    /// How many indexes one status list has.
    pub status_list_size: u32,
}

/// Randomness, drawn outside and taken in a fixed order.
#[derive(Debug, Clone, Default)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// Returns the 32 bytes that belong to `purpose`: SHA-256 of seed and purpose.
    #[must_use]
    pub fn bytes(&self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.0).chain_update(purpose.as_bytes()).finalize().into()
    }

    /// Returns a random place in the status list of this number, which has `size` indexes.
    #[must_use]
    pub fn status_index(&self, list: u32, size: u32) -> StatusIndex {
        let [a, b, c, d, ..] = self.bytes("status index");
        let random = u32::from_be_bytes([a, b, c, d]);
        let size = size.max(1);
        StatusIndex { list, index: random % size }
    }
}
