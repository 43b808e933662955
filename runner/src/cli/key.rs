//! `annona key`

use std::path::PathBuf;

use annona_engine::clock::{Clock as _, System};
use annona_engine::voucher::{KeyId, PublicKey, TrustList, TrustedKey};
use clap::Subcommand;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Answer;
use super::folder::Place;
use crate::folder::{Folder, FolderError, KeysHeld, Layout};
use crate::keyring::{Keyring, KeyringError};
use crate::output;

/// Makes keys, shows those that verifiers trust, and puts a new one to work.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Makes a key pair: a root key to be kept elsewhere, or a key for tests.
    New(New),
    /// Shows the keys of the trust list, and which one signs vouchers now.
    List(List),
    /// Puts a new signing key to work; those before it go on verifying. The daemon must not be running.
    Rotate(Rotate),
}

/// Makes a key pair.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// Where the private half is written (PEM, mode 0600); nothing is overwritten.
    #[arg(long)]
    out: PathBuf,
    /// Print the public half as JSON.
    #[arg(long)]
    json: bool,
}

/// Shows the keys of the trust list.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
    /// Print the keys as JSON.
    #[arg(long)]
    json: bool,
}

/// Puts a new signing key to work.
#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    place: Place,
    /// The root key, where it is not in the data folder.
    #[arg(long)]
    root: Option<PathBuf>,
    /// Print the new key as JSON.
    #[arg(long)]
    json: bool,
}

impl Key {
    pub(super) fn run(&self) -> Answer {
        let answer = match self {
            Self::New(new) => new.run(),
            Self::List(list) => list.run(),
            Self::Rotate(rotate) => rotate.run(),
        };
        answer.map_or_else(|answer| answer, |()| Answer::Yes)
    }
}

impl New {
    fn run(&self) -> Result<(), Answer> {
        let public = Keyring::new_pair(&self.out).map_err(|error| complain(&error))?;
        let text = hex(&public);
        if self.json {
            output::say_json(&json!({
                "kid": public.id(), "public": text, "file": self.out.display().to_string(),
            }));
        } else {
            output::say(&format!("key {}, public half {text}", public.id()));
            output::say(&format!("the private half is in {}", self.out.display()));
        }
        Ok(())
    }
}

impl List {
    fn run(&self) -> Result<(), Answer> {
        let config = self.place.config()?;
        let (layout, now) = (Layout::of(&config), System.now());
        let list = Keyring::list_of(&layout, now).map_err(|error| complain(&error))?;
        let Some(list) = list else {
            output::complain(&format!(
                "there is no trust list in {}: the first start of the daemon makes one",
                config.data.display()
            ));
            return Err(Answer::CannotRead);
        };
        let signs = Keyring::signs(&layout, &list, &config.issuer, now);
        let signs = signs.map_err(|error| complain(&error))?;
        let keys = list.issuers.iter().flat_map(|issuer| {
            issuer.keys.iter().map(move |key| as_json(&issuer.name, key, signs))
        });
        if self.json {
            output::say_json(&json!({ "version": list.version, "keys": keys.collect::<Vec<_>>() }));
        } else {
            say(&list, signs);
        }
        Ok(())
    }
}

impl Rotate {
    fn run(&self) -> Result<(), Answer> {
        let config = self.place.config()?;
        if !Layout::of(&config).trust_list().exists() {
            output::complain(&format!(
                "there is no trust list in {}: the first start of the daemon makes one",
                config.data.display()
            ));
            return Err(Answer::CannotRead);
        }
        // Held until the list is signed: a daemon that starts meanwhile finds the one or the other.
        let folder = Folder::take(Layout::of(&config)).map_err(|error| complain(&error.into()))?;
        let keys = KeysHeld::take(folder.layout()).map_err(|error| complain(&error.into()))?;
        if !keys.is_alone() {
            let folder = folder.layout().keys();
            return Err(complain(&FolderError::InUse { folder, pid: None }.into()));
        }
        let now = System.now();
        let key = Keyring::rotate(folder.layout(), &config.issuer, self.root.as_deref(), now);
        let key = key.map_err(|error| complain(&error))?;
        if self.json {
            output::say_json(&as_json(&config.issuer, &key, Some(key.public.id())));
        } else {
            output::say(&format!("key {} signs from now on", key.public.id()));
            output::say("the trust list has a new version: give it to verifiers that keep a copy");
        }
        Ok(())
    }
}

fn say(list: &TrustList, signs: Option<KeyId>) {
    output::say(&format!("trust list, version {}", list.version));
    for issuer in &list.issuers {
        output::say(&issuer.name);
        for key in &issuer.keys {
            let id = key.public.id();
            let mark = if Some(id) == signs { ", signs now" } else { "" };
            output::say(&format!("  {id}{mark}"));
            let window = key.window;
            output::say(&format!(
                "    may sign from {} until {}, verifies until {}",
                instant(window.issue_from),
                instant(window.issue_until),
                instant(window.verify_until)
            ));
            output::say(&format!("    public half {}", hex(&key.public)));
        }
    }
    if signs.is_none() {
        output::say("no key signs now: run `annona key rotate`");
    }
}

fn as_json(issuer: &str, key: &TrustedKey, signs: Option<KeyId>) -> Value {
    let id = key.public.id();
    json!({
        "issuer": issuer,
        "kid": id,
        "public": hex(&key.public),
        "signs": Some(id) == signs,
        "issue_from": instant(key.window.issue_from),
        "issue_until": instant(key.window.issue_until),
        "verify_until": instant(key.window.verify_until),
    })
}

fn hex(key: &PublicKey) -> String {
    HEXLOWER.encode(&key.to_bytes())
}

fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}

/// Says what is wrong, and what to do where a daemon is in the way.
fn complain(error: &KeyringError) -> Answer {
    output::complain(&format!("annona: {error}"));
    match error {
        KeyringError::Folder(FolderError::InUse { .. }) => {
            output::complain(
                "stop every daemon that uses these keys, rotate, and start them again: keys are read at the start",
            );
            Answer::Refused
        }
        KeyringError::RootAway { .. }
        | KeyringError::Folder(FolderError::Exists { .. } | FolderError::Wide { .. }) => {
            Answer::Refused
        }
        _ => Answer::CannotRead,
    }
}
