//! Keys in a data folder: the first ones, a new address, a rotation, a root key that is kept elsewhere.

use annona_engine::voucher::{Context, TrustList};

use super::*;
use crate::folder::Folder;

const NOW: i64 = 1_772_442_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn folder() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(&place.path().join("data")).unwrap();
    (place, folder)
}

fn here(address: &str) -> Identity {
    Identity::new("annona", address)
}

#[test]
fn the_first_keys_are_made_once_and_verify_by_the_root() {
    let (_place, folder) = folder();
    let first = Keyring::open(folder.layout(), &here("http://a"), now()).unwrap();
    let again = Keyring::open(folder.layout(), &here("http://a"), now()).unwrap();
    assert_eq!(first.signer().id(), again.signer().id());
    let list = TrustList::verify(first.signed(), first.root(), NOW, None).unwrap();
    assert_eq!((list.version, &list), (1, again.list()));
    assert!(Context::at(NOW).status.is_none());
}

#[test]
fn another_address_is_added_in_a_new_version() {
    let (_place, folder) = folder();
    Keyring::open(folder.layout(), &here("http://a"), now()).unwrap();
    let moved = Keyring::open(folder.layout(), &here("http://b"), now()).unwrap();
    assert_eq!(moved.list().version, 2);
    assert_eq!(
        moved.list().issuers[0].status_addresses,
        ["http://a/v1/status-lists/", "http://b/v1/status-lists/"]
    );
}

#[test]
fn after_a_rotation_the_new_key_signs_and_the_old_one_verifies() {
    let (_place, folder) = folder();
    let before = Keyring::open(folder.layout(), &here("http://a"), now()).unwrap();
    let later = Timestamp::from_second(NOW + 60).unwrap();
    let key = Keyring::rotate(folder.layout(), "annona", None, later).unwrap();
    let after = Keyring::open(folder.layout(), &here("http://a"), later).unwrap();
    assert_eq!(after.signer().id(), key.public.id());
    let old = after.list().issuers[0].keys[0];
    assert_eq!(old.public.id(), before.signer().id());
    assert!(!old.window.may_issue(NOW + 61) && old.window.may_verify(NOW + 61));
}

#[test]
fn a_root_key_kept_elsewhere_is_needed_for_a_rotation_only() {
    let (place, folder) = folder();
    Keyring::open(folder.layout(), &here("http://a"), now()).unwrap();
    let away = place.path().join("root.pem");
    std::fs::rename(folder.layout().root_key(), &away).unwrap();
    Keyring::open(folder.layout(), &here("http://a"), now()).unwrap();
    let refused = Keyring::rotate(folder.layout(), "annona", None, now()).unwrap_err();
    assert!(matches!(refused, KeyringError::RootAway { .. }), "{refused}");
    let moved = Keyring::open(folder.layout(), &here("http://b"), now()).unwrap_err();
    assert!(matches!(moved, KeyringError::RootAway { .. }), "{moved}");
    Keyring::rotate(folder.layout(), "annona", Some(&away), now()).unwrap();
}
